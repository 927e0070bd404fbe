import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Agent, ConfigError, memoryHost, type RunEvent, tool } from '@pawl/core';
import { formatEvent } from '@pawl/core/events';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, openSqlite } from '../durable/hosts.ts';

const ask = tool({ name: 'ask', description: 'A', input: z.object({}), needsApproval: true, execute: () => 'yes' });

describe('listeners of a host and of an agent', () => {
  test('get events before the listeners of the run, the host first', async () => {
    const heard: string[] = [];
    const host = memoryHost({ listeners: { 'run.started': () => heard.push('host') } });
    const agent = new Agent({
      model: scriptedModel([respond.text('Yes.')]),
      listeners: { 'run.started': () => heard.push('agent') },
    });
    const run = agent.run('Go.', { host });
    run.on('run.started', () => heard.push('run'));
    await run;

    expect(heard).toEqual(['host', 'agent', 'run']);
  });

  test('get events of every run that the process executes, including by resumeAll, from the first event', async () => {
    const heard: string[] = [];
    const listen = (who: string) => ({
      '*': ({ type, replayed }: RunEvent) => void heard.push(`${who} ${type} ${replayed === true}`),
    });
    const host = openSqlite(createFile(), { listeners: listen('host') });
    const agent = new Agent({
      model: scriptedModel([respond.call('ask', {}), respond.text('End.')]),
      tools: [ask],
      listeners: listen('agent'),
    });
    const outcome = await agent.run('Go.', { host, runId: 'r' }).outcome();
    if (outcome.status !== 'suspended') throw new Error(outcome.status);
    heard.length = 0;
    const [{ id, fingerprint } = { id: '', fingerprint: '' }] = outcome.pending;
    await host.answer('r', id, { type: 'approve', fingerprint });
    const runs = await host.resumeAll([agent]);
    await Promise.all(runs.map((run) => run.outcome()));

    for (const who of ['host', 'agent']) {
      const own = heard.filter((each) => each.startsWith(who)).map((each) => each.slice(who.length + 1));
      expect(own[0]).toBe('run.started true');
      expect(own.at(-1)).toBe('run.finished false');
      expect(own).toContain('tool.finished false');
    }
  });

  test('get events once if another run of the process follows the run', async () => {
    const heard: string[] = [];
    const host = memoryHost();
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const model = scriptedModel([respond.delayed(respond.text('Yes.'), { until })]);
    const agent = new Agent({ model, listeners: { 'model.responded': ({ type }) => heard.push(type) } });
    const run = agent.run('Go.', { host, runId: 'r' });
    await new Promise((begun) => run.on('attempt.started', begun));
    const follower = agent.resume('r', { host });
    await new Promise((begun) => follower.on('run.started', begun));
    resolve();
    await Promise.all([run, follower]);

    expect(heard).toEqual(['model.responded']);
  });

  test('get events of nested runs by their path, and listeners of nested agents get none', async () => {
    const heard: string[] = [];
    const inner = new Agent({
      name: 'inner',
      model: scriptedModel([respond.text('In.')]),
      listeners: { 'run.finished': () => heard.push('inner') },
    });
    const outer = new Agent({
      model: scriptedModel([respond.call('inner', { prompt: 'Go.' }), respond.text('End.')]),
      tools: [inner.asTool({ name: 'inner', description: 'I' })],
      listeners: { 'run.finished': ({ path, agent }) => heard.push(`${path} ${agent}`) },
    });
    await outer.run('Go.');

    expect(heard).toEqual(['tool:1.0 inner', ' agent']);
  });

  test('do not affect the run if they throw, and the failure is one event', async () => {
    const failures: string[] = [];
    const agent = new Agent({
      model: scriptedModel([respond.text('Yes.')]),
      listeners: {
        '*': () => {
          throw new Error('No.');
        },
      },
    });
    const run = agent.run('Go.');
    run.on('listener.failed', ({ error }) => failures.push(error.message));

    expect((await run.outcome()).status).toBe('completed');
    expect(failures).toEqual(['No.']);
  });

  test('request a stream if they use deltas, but not with a listener for all events', async () => {
    const model = scriptedModel(() => respond.text('One two.'));
    await new Agent({ model, listeners: { '*': () => undefined } }).run('Go.');
    await new Agent({ model, listeners: { 'text.delta': () => undefined } }).run('Go.');

    expect(model.requests.map(({ stream = false }) => stream)).toEqual([false, true]);
  });

  test('get events of a run whose instructions fail', async () => {
    const heard: string[] = [];
    const fails = (): never => {
      throw new Error('No instructions.');
    };
    const agent = new Agent({
      model: scriptedModel([]),
      instructions: fails,
      listeners: { '*': ({ type }) => void heard.push(type) },
    });
    await agent.run('Go.').outcome();

    expect(heard).toEqual(['model.failed', 'run.finished']);
  });

  test.each([
    ['no object', 'loud' as never],
    ['a value that is not a function', { 'run.started': 'log' } as never],
  ])('are refused if they are %s', (_, listeners) => {
    const model = scriptedModel([]);
    expect(() => new Agent({ model, listeners })).toThrow(ConfigError);
    expect(() => memoryHost({ listeners })).toThrow(ConfigError);
    expect(() => sqliteHost(':memory:', { listeners })).toThrow(ConfigError);
  });
});

describe('PAWL_DEBUG', () => {
  const program = join(import.meta.dirname, '..', '..', 'examples', '01-hello.ts');
  const run = (value: string | undefined): { readonly stderr: string } => {
    const { PAWL_DEBUG: _, ...env } = process.env;
    return spawnSync(process.execPath, [program], {
      encoding: 'utf8',
      env: value === undefined ? env : { ...env, PAWL_DEBUG: value },
    });
  };

  test('writes each run to stderr like the quick start, and nothing without PAWL_DEBUG', () => {
    expect(run('1').stderr).toContain('── turn 1 (');
    expect(run(undefined).stderr).toBe('');
    expect(run('0').stderr).toBe('');
  });
});

test('formats a line for each end of a call, and none for other events', async () => {
  const tools = [
    tool({ name: 'good', description: 'G', input: z.object({}), effect: 'read', execute: () => 'line 1\nline 2' }),
    tool({ name: 'bad', description: 'B', input: z.object({ n: z.number() }), effect: 'read', execute: () => 'never' }),
  ];
  const model = scriptedModel([
    respond.calls([{ name: 'good' }, { name: 'bad', arguments: { n: 'x' } }]),
    respond.text('End.'),
  ]);
  const lines: string[] = [];
  const run = new Agent({ model, tools }).run('Go.');
  run.on('*', (event) => {
    const line = formatEvent(event);
    if (line !== undefined) lines.push(line.replace(/\d+ ms/, 'N ms'));
  });
  await run;

  expect(lines).toEqual([
    '── turn 1 (scripted)',
    '   ✗ bad {"n":"x"}\n     n: expected number, got string  (N ms)',
    '   ✓ good {}\n     line 1\n     line 2  (N ms)',
    '── turn 2 (scripted)',
    'End.',
  ]);
});
