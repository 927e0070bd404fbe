import { Agent, conversation, memoryConversations, memoryHost, type Run } from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const newAgent = (): Agent => new Agent({ model: scriptedModel([respond.text('Rain.')]), clock: manualClock() });

async function read(run: Run): Promise<{ readonly types: readonly string[]; readonly code: unknown }> {
  const types: string[] = [];
  try {
    for await (const { type } of run) types.push(type);
    return { types, code: undefined };
  } catch (error) {
    return { types, code: (error as { readonly code?: unknown }).code };
  }
}

interface Failure {
  readonly code: string;
  /** In an object: a run is awaitable, so a promise of one would be its outcome. */
  readonly begin: () => { readonly run: Run } | Promise<{ readonly run: Run }>;
}

/** Ways for a run to fail without a single event, or after some. */
const failures: Readonly<Record<string, Failure>> = {
  'a run id that is taken': {
    code: 'run.exists',
    begin: async () => {
      const host = memoryHost();
      await newAgent().run('Go.', { host, runId: 'r' });
      return { run: newAgent().run('Go.', { host, runId: 'r' }) };
    },
  },
  'an unknown run': { code: 'run.unknown', begin: () => ({ run: newAgent().resume('r', { host: memoryHost() }) }) },
  'a host that is closed': {
    code: 'host.closing',
    begin: async () => {
      const host = memoryHost();
      await host.close();
      return { run: newAgent().run('Go.', { host }) };
    },
  },
  'a host that breaks at its first step': {
    code: 'process.gone',
    begin: () => ({ run: newAgent().run('Go.', { host: new FaultyHost(memoryHost(), { at: 2, moment: 'after' }) }) }),
  },
  'a store of conversations that is down': {
    code: 'conversation.store',
    begin: () => {
      const down = (): Promise<never> => Promise.reject(new Error('ECONNREFUSED'));
      const store = { load: down, save: down };
      return { run: newAgent().run('Go.', { conversation: conversation({ id: 'c', store }) }) };
    },
  },
};

describe('a reader of a run whose host fails', () => {
  test.each(Object.entries(failures))('gets the error of %s', async (_, { code, begin }) => {
    const { run } = await begin();
    expect((await read(run)).code).toBe(code);
  });

  test('gets every event before the error', async () => {
    const host = new FaultyHost(memoryHost(), { at: 2, moment: 'after' });
    const { types } = await read(newAgent().run('Go.', { host }));

    expect(types).toEqual(['run.started', 'attempt.started', 'text.delta', 'model.responded']);
  });

  test('gets the error even after the run has ended', async () => {
    const run = newAgent().resume('r', { host: memoryHost() });
    await run.outcome().catch(() => undefined);

    expect(await read(run)).toEqual({ types: [], code: 'run.unknown' });
  });

  test('gets the error of a conversation that another run has written to', async () => {
    const store = memoryConversations();
    const chat = conversation({ id: 'c', store, onConflict: 'fail' });
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const model = scriptedModel([respond.delayed(respond.text('Rain.'), { until })]);
    const run = new Agent({ model }).run('Go.', { conversation: chat });
    run.on('attempt.started', async () => {
      await chat.append([{ role: 'user', content: 'Meanwhile.' }]);
      resolve();
    });

    expect((await read(run)).code).toBe('conversation.conflict');
  });
});

describe('a failure of a run that is not awaited', () => {
  const warnings: (Error & { readonly code?: string })[] = [];
  const unhandled: unknown[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

  beforeEach(() => {
    process.on('warning', onWarning);
    process.on('unhandledRejection', onUnhandled);
  });
  afterEach(() => {
    process.off('warning', onWarning);
    process.off('unhandledRejection', onUnhandled);
    warnings.length = 0;
    unhandled.length = 0;
  });

  test('is reported once, as a process warning that names the run', async () => {
    newAgent()
      .resume('forgotten', { host: memoryHost() })
      .on('run.started', () => undefined);

    await expect.poll(() => warnings.length).toBe(1);
    expect(warnings[0]).toMatchObject({ name: 'PawlWarning', code: 'run.unknown' });
    expect(warnings[0]?.message).toContain('"forgotten"');
    expect(unhandled).toEqual([]);
  });

  test('is not reported if the run is read or awaited', async () => {
    const seen = newAgent().resume('seen', { host: memoryHost() });
    const awaited = newAgent().resume('awaited', { host: memoryHost() });
    await Promise.all([read(seen), awaited.outcome().catch(() => undefined)]);
    newAgent().resume('forgotten', { host: memoryHost() });

    // The forgotten one fails last: by then each of the others would have been reported.
    await expect.poll(() => warnings.length).toBe(1);
    expect(warnings.map(({ message }) => message.includes('"forgotten"'))).toEqual([true]);
  });
});
