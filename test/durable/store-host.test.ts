import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type Clock, type Host, tool } from '@pawl/core';
import { type Claim, createHost, type RecordedValue } from '@pawl/core/host';
import { respond, scriptedModel } from '@pawl/testing';
import { hostConformance } from '@pawl/testing/host';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { DirectoryStore } from './directory-store.ts';

/** Flushing differs only after a power failure, and thousands of files are slow. */
const NO_FLUSH = { flush: false } as const;

/** Linux's file system in memory: the store reads and writes a file for each step. */
const MEMORY = '/dev/shm';

function createDirectory(): string {
  const directory = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'pawl-directory-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe('a host over a directory', () => {
  const open = ({ clock }: { readonly clock: Clock }): Host =>
    createHost(new DirectoryStore(createDirectory(), NO_FLUSH), { clock });

  test.each(hostConformance({ open }))('$name', ({ run }) => run());
});

/** A store that runs the work of each step itself, as an engine does. */
class EngineStore extends DirectoryStore {
  readonly ran: string[] = [];

  async runStep<T>(
    claim: Claim,
    { name, work }: { readonly name: string; readonly work: () => T | Promise<T> },
  ): Promise<RecordedValue<T>> {
    this.ran.push(name);
    const value = await work();
    return { value, position: await this.putStep(claim, { name, value }) };
  }
}

describe('a host over a store that runs the work itself', () => {
  const open = ({ clock }: { readonly clock: Clock }): Host =>
    createHost(new EngineStore(createDirectory(), NO_FLUSH), { clock });

  test.each(hostConformance({ open }))('$name', ({ run }) => run());

  test('passes each step to the store once, with the path of nested runs', async () => {
    const store = new EngineStore(createDirectory());
    const host = createHost(store);
    const inner = new Agent({ name: 'inner', model: scriptedModel([respond.text('Sun.')]) });
    const model = scriptedModel([respond.call('inner', { prompt: 'Weather?' }), respond.text('Sunny.')]);
    const outer = new Agent({ model, tools: [inner.asTool({ name: 'inner', description: 'Knows the weather.' })] });
    await outer.run('Weather?', { host, runId: 'run' });
    expect(store.ran).toEqual(['start', 'model:1', 'tool:1.0/start', 'tool:1.0/model:1', 'tool:1.0:inner', 'model:2']);
    await outer.resume('run', { host });
    expect(store.ran).toHaveLength(6);
  });
});

test('resumes an interrupted run from the directory, without repeating finished steps', async () => {
  const directory = createDirectory();
  const executed: string[] = [];
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: () => executed.push('look'),
  });
  const model = scriptedModel(({ messages }) => (messages.length === 1 ? respond.call('look') : respond.text('Done.')));
  const agent = new Agent({ name: 'looker', model, tools: [look] });
  const first = createHost(new DirectoryStore(directory));
  const interrupted = agent.run('Go.', { host: first, runId: 'run' });
  interrupted.on('tool.finished', () => void first.close({ graceMs: 60_000 }));
  await expect(interrupted.outcome()).rejects.toMatchObject({ code: 'host.closing' });
  const { output } = await agent.resume('run', { host: createHost(new DirectoryStore(directory)) });
  expect(output).toBe('Done.');
  expect(executed).toEqual(['look']);
});

test('refuses writes of an attempt whose run another attempt has claimed', async () => {
  const directory = createDirectory();
  const old = createHost(new DirectoryStore(directory));
  const run = await old.start({
    runId: 'run',
    schemaVersion: 1,
    agent: 'agent',
    messages: [],
    limits: {},
    metadata: {},
    at: 0,
  });
  const next = createHost(new DirectoryStore(directory)); // As another process sees the directory.
  await next.claim('run');
  const step = {
    type: 'step',
    name: 'model:1',
    effect: 'read',
    work: async () => 1,
    onRecorded: () => undefined,
  } as const;
  await expect(run.step(step)).rejects.toMatchObject({ code: 'run.lost' });
  await expect(run.waitFor('approval:1.0', { fingerprint: 'f', accepts: ['approve'] })).rejects.toMatchObject({
    code: 'run.lost',
  });
  await old.release('run', undefined);
  expect((await next.getRun('run')).events).toEqual([]);
  expect((await next.getRun('run')).status).toBe('running');
});
