import { Agent, systemClock, tool } from '@pawl/core';
import type { RecordedEvent } from '@pawl/core/host';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, hosts, openSqlite } from './hosts.ts';

interface Builder {
  readonly agent: Agent;
  /** Resolves when the tool has begun. */
  readonly begun: Promise<void>;
  readonly finish: () => void;
  /** The idempotency keys of the executed calls, in order. */
  readonly ran: readonly string[];
}

/** Creates an agent that builds until `finish` is called, and pays after an approval. */
function createBuilder(): Builder {
  const begun = Promise.withResolvers<void>();
  const work = Promise.withResolvers<string>();
  const ran: string[] = [];
  const build = tool({
    name: 'build',
    description: 'Builds.',
    input: z.object({}),
    execute: (_, { idempotencyKey }) => {
      ran.push(idempotencyKey);
      begun.resolve();
      return work.promise;
    },
  });
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const script = [respond.call('build', {}), respond.call('pay', {}), respond.text('Built.')];
  const model = scriptedModel(({ messages }) => {
    const turn = messages.filter(({ role }) => role === 'assistant').length;
    return script[turn] ?? respond.text('Nothing more.');
  });
  const agent = new Agent({ name: 'builder', model, tools: [build, pay], clock: systemClock });
  return { agent, begun: begun.promise, finish: () => work.resolve('built'), ran };
}

describe.each(hosts)('on $name', ({ open }) => {
  test('a run whose host closes stops after the running call, with an error that says it can be resumed', async () => {
    const host = open();
    const { agent, begun, finish } = createBuilder();
    const run = agent.run('Go.', { host, runId: 'run' });
    await begun;
    const types: string[] = [];
    run.on('*', ({ type }) => types.push(type));
    const closed = host.close();
    finish();
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'host.closing',
      message: expect.stringContaining('Resume the run'),
    });
    await closed;
    expect(types).toEqual(['tool.finished']);
  });

  test('a call that does not end within graceMs is aborted, and the run rejects and stays open', async () => {
    const host = open();
    const { promise: begun, resolve: begin } = Promise.withResolvers<AbortSignal>();
    const wait = tool({
      name: 'wait',
      description: 'Waits.',
      input: z.object({}),
      execute: (_, { signal }) => {
        begin(signal);
        return new Promise<string>(() => undefined);
      },
    });
    const agent = new Agent({ name: 'waiter', model: scriptedModel([respond.call('wait', {})]), tools: [wait] });
    const types: string[] = [];
    const run = agent.run('Go.', { host, runId: 'run' }).on('*', ({ type }) => types.push(type));
    const signal = await begun;
    await host.close({ graceMs: 0 });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'host.closing' });
    expect(signal.reason).toMatchObject({ code: 'host.closing' });
    expect(types).not.toContain('tool.failed');
    expect(types).not.toContain('run.finished');
  });

  test('a closed host neither begins nor resumes a run', async () => {
    const host = open();
    const { agent, finish } = createBuilder();
    finish();
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.close();
    const another = agent.run('Go.', { host, runId: 'other' }).outcome();
    await expect(another).rejects.toMatchObject({ code: 'host.closing' });
    await expect(agent.resume('run', { host }).outcome()).rejects.toMatchObject({ code: 'host.closing' });
  });

  test('close() can be called twice', async () => {
    const host = open();
    await Promise.all([host.close(), host.close()]);
    await host.close();
  });

  test('cancelling a running run aborts its running call, and the transcript says so', async () => {
    const host = open();
    const { agent, begun } = createBuilder();
    const run = agent.run('Go.', { host, runId: 'run' });
    await begun;
    await host.cancel('run', { reason: 'Too dear.' });
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Too dear.' });
    expect(outcome.messages.at(-1)?.content).toMatch(/^Cancelled: the run ended/);
    expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
  });

  test('cancelling a suspended run executes no call, and the run takes no further answer', async () => {
    const host = open();
    const { agent, finish } = createBuilder();
    finish();
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const [pending] = paused.status === 'suspended' ? paused.pending : [];
    await host.cancel('run', { reason: 'Too dear.' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Too dear.' });
    const { id = '', fingerprint = '' } = pending ?? {};
    await expect(host.answer('run', id, { type: 'approve', fingerprint })).rejects.toMatchObject({
      code: 'approval.ended',
    });
  });

  test('cancelling a run that has ended does nothing', async () => {
    const host = open();
    const agent = new Agent({ name: 'quick', model: scriptedModel(() => respond.text('Done.')) });
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.cancel('run', { reason: 'Too late.' });
    expect(await agent.resume('run', { host }).outcome()).toEqual(outcome);
    await expect(host.cancel('another')).rejects.toMatchObject({ code: 'run.unknown' });
  });

  test('followRun yields the recorded events of a run, across its suspensions, from any position', async () => {
    const host = open();
    const { agent, finish } = createBuilder();
    finish();
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const [pending] = paused.status === 'suspended' ? paused.pending : [];
    const { id = '', fingerprint = '' } = pending ?? {};
    await host.answer('run', id, { type: 'approve', fingerprint });
    await agent.resume('run', { host }).outcome();
    const events = await readAll(host.followRun('run'));
    expect(events.map(({ event }) => event.type)).toEqual([
      'run.started',
      'model.responded',
      'tool.finished',
      'model.responded',
      'approval.requested',
      'approval.answered',
      'tool.finished',
      'model.responded',
    ]);
    const after = events[4]?.position ?? 0;
    expect(await readAll(host.followRun('run', { after }))).toEqual(events.slice(5));
    await expect(readAll(host.followRun('another'))).rejects.toMatchObject({ code: 'run.unknown' });
  });

  test('followRun of a suspended run ends when its signal is aborted', async () => {
    const host = open();
    const { agent, finish } = createBuilder();
    finish();
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const { event } of host.followRun('run', { signal: stop.signal })) {
      seen.push(event.type);
      if (event.type === 'approval.requested') stop.abort();
    }
    expect(seen.at(-1)).toBe('approval.requested');
  });
});

async function readAll(source: AsyncIterable<RecordedEvent>): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of source) events.push(event);
  return events;
}

describe('on an SQLite file', () => {
  test('another host continues a run whose host has closed, from the next step', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent, begun, finish, ran } = createBuilder();
    const run = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const closed = here.close();
    finish();
    await run.outcome().catch(() => undefined);
    await closed;
    expect((await there.listRuns())[0]).toMatchObject({ status: 'interrupted' });
    expect((await agent.resume('run', { host: there }).outcome()).status).toBe('suspended');
    expect(ran).toEqual(['run/tool:1.0:build']);
  });

  test('a run that does not stop within graceMs is released, and what it does afterwards is not recorded', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent, begun, finish } = createBuilder();
    const run = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    await here.close({ graceMs: 0 });
    const again = await agent.resume('run', { host: there }).outcome();
    finish();
    await expect(run.outcome()).rejects.toMatchObject({ name: 'HostError' });
    expect(again.messages[2]?.content).toMatch(/^The outcome of this call is unknown/);
  });

  test('a follower takes the run over if its worker closes', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent, begun, finish, ran } = createBuilder();
    const run = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const follower = agent.run('Go.', { host: there, runId: 'run', onExistingRun: 'attach' });
    const heard: string[] = [];
    follower.on('*', ({ type }) => heard.push(type));
    await new Promise((resolve) => follower.on('model.responded', resolve));
    finish();
    await here.close();
    await run.outcome().catch(() => undefined);
    expect((await follower.outcome()).status).toBe('suspended');
    expect(ran).toHaveLength(1);
    expect(heard.filter((type) => type === 'run.started')).toHaveLength(1);
    expect(heard.filter((type) => type === 'tool.finished')).toHaveLength(1);
  });

  test('a follower gets the events of nested agents, with their paths', async () => {
    const file = createFile();
    const [here, there] = [openSqlite(file), openSqlite(file)];
    const { agent: inner, begun, finish } = createBuilder();
    const model = scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool')
        ? respond.text('Done.')
        : respond.call('delegate', { prompt: 'Go.' }),
    );
    const delegate = inner.asTool({ name: 'delegate', description: 'Delegates.' });
    const agent = new Agent({ name: 'asker', model, tools: [delegate], clock: systemClock });
    const first = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const second = agent.resume('run', { host: there });
    const heard: string[] = [];
    second.on('*', ({ path, type }) => heard.push(`${path} ${type}`));
    await new Promise((resolve) => second.on('model.responded', resolve));
    finish();
    expect(await second.outcome()).toEqual(await first.outcome());
    expect(heard).toEqual([
      ' run.started',
      ' model.responded',
      'tool:1.0 run.started',
      'tool:1.0 model.responded',
      'tool:1.0 tool.finished',
      'tool:1.0 model.responded',
      'tool:1.0 approval.requested',
      ' run.finished',
    ]);
  });

  test('resumeAll begins enqueued runs, continues answered ones, and leaves suspended ones', async () => {
    const host = openSqlite(createFile());
    const { agent, finish } = createBuilder();
    finish();
    for (const runId of ['answered', 'waits']) {
      const paused = await agent.run('Go.', { host, runId }).outcome();
      const [pending] = paused.status === 'suspended' ? paused.pending : [];
      const { id = '', fingerprint = '' } = pending ?? {};
      if (runId === 'answered') await host.answer(runId, id, { type: 'approve', fingerprint });
    }
    await host.enqueue('builder', 'Go.', { runId: 'enqueued' });
    await host.enqueue('another', 'Go.', { runId: 'foreign' });
    const runs = await host.resumeAll([agent]);
    const outcomes = await Promise.all(runs.map((run) => run.outcome()));
    const ended = outcomes.map(({ runId, status }) => `${runId}: ${status}`).sort();
    expect(ended).toEqual(['answered: completed', 'enqueued: suspended']);
    expect((await host.listRuns({ status: 'queued' })).map(({ runId }) => runId)).toEqual(['foreign']);
  });
});

test('a suspended run without a host names its pending call, and its messages can begin another run', async () => {
  const { agent, finish } = createBuilder();
  finish();
  const paused = await agent.run('Go.').outcome();
  expect(paused).toMatchObject({ status: 'suspended', pending: [{ id: 'approval:2.0', input: {} }] });
  const message = { role: 'user', content: 'Leave it.' } as const;
  const { output } = await agent.run([...paused.messages, message]);
  expect(output).toBe('Built.');
});
