import { AbortRun, Agent, type RunEvent, SuspendRun, type ToolContext, tool } from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, hosts, openSqlite } from '../durable/hosts.ts';

/** An agent whose tool `hold` gets the context of its calls. */
function createHolder(execute: (toolContext: ToolContext) => unknown, options: { readonly calls?: number } = {}) {
  const hold = tool({
    name: 'hold',
    description: 'Holds a connection.',
    input: z.object({}),
    effect: 'idempotent',
    execute: (_, toolContext: ToolContext) => execute(toolContext),
  });
  const calls = Array.from({ length: options.calls ?? 1 }, () => ({ name: 'hold', arguments: {} }));
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.calls(calls),
  );
  const clock = manualClock();
  return { agent: new Agent({ model, tools: [hold], clock }), clock, hold };
}

describe.each(hosts)('toolContext.onRunEnd, on $name,', ({ open }) => {
  test('calls back once before run.finished, also if several calls add the same callback', async () => {
    const order: string[] = [];
    const close = (): void => void order.push('closed');
    const { agent } = createHolder(({ onRunEnd }) => onRunEnd(close), { calls: 2 });
    const run = agent.run('Go.', { host: open(), runId: 'run' });
    run.on('tool.finished', () => order.push('tool.finished')).on('run.finished', () => order.push('run.finished'));
    await run;
    expect(order).toEqual(['tool.finished', 'tool.finished', 'closed', 'run.finished']);
  });

  test('calls back when the run is suspended, and again only for what the resumed run adds', async () => {
    const host = open();
    const closed: string[] = [];
    let attempt = 0;
    const { agent } = createHolder(({ onRunEnd }) => {
      const name = `connection ${++attempt}`;
      onRunEnd(async () => void closed.push(name));
      if (attempt === 1) throw new SuspendRun('Wait.');
      return 'held';
    });
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    expect(closed).toEqual(['connection 1']);
    const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
    await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
    await agent.resume('run', { host });
    expect(closed).toEqual(['connection 1', 'connection 2']);
    await agent.resume('run', { host }); // It has ended: nothing runs.
    expect(closed).toHaveLength(2);
  });

  test('calls back when the host fails', async () => {
    const closed: string[] = [];
    const { agent } = createHolder(({ onRunEnd }) => onRunEnd(() => void closed.push('closed')));
    const host = new FaultyHost(open(), { at: 4, moment: 'before' });
    await expect(agent.run('Go.', { host, runId: 'run' }).outcome()).rejects.toThrow();
    expect(closed).toEqual(['closed']);
  });

  test('is awaited before another process can claim the run', async () => {
    const host = open();
    const statuses: string[] = [];
    const { agent } = createHolder(({ onRunEnd }) => {
      onRunEnd(async () => void statuses.push((await host.getRun('run')).status));
    });
    await agent.run('Go.', { host, runId: 'run' });
    expect(statuses).toEqual(['running']);
  });
});

test('calls back when the run is aborted', async () => {
  const closed: string[] = [];
  const { agent } = createHolder(({ onRunEnd }) => {
    onRunEnd(() => void closed.push('closed'));
    throw new AbortRun('enough');
  });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'aborted' });
  expect(closed).toEqual(['closed']);
});

test('calls back when the work of a run that a closing host has released ends', async () => {
  const host = openSqlite(createFile());
  const closed: string[] = [];
  const [held, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { agent } = createHolder(async ({ onRunEnd }) => {
    onRunEnd(() => void closed.push('closed'));
    held.resolve();
    await finished.promise;
  });
  const run = agent.run('Go.', { host, runId: 'run' });
  await held.promise;
  await host.close({ graceMs: 0 });
  finished.resolve();
  await expect(run.outcome()).rejects.toMatchObject({ name: 'HostError' });
  expect(closed).toEqual(['closed']);
});

test('calls back when the outermost run ends, if a nested run added the callback', async () => {
  const order: string[] = [];
  const { agent: inner } = createHolder(({ onRunEnd }) => onRunEnd(() => void order.push('closed')));
  const model = scriptedModel([respond.call('help', { prompt: 'Help.' }), respond.text('Done.')]);
  const agent = new Agent({ model, tools: [inner.asTool({ name: 'help', description: 'Helps.' })] });
  await agent.run('Go.').on('run.finished', ({ path }) => order.push(`finished ${path}`));
  expect(order).toEqual(['finished tool:1.0', 'closed', 'finished ']);
});

test('calls back immediately if the run has ended', async () => {
  let late: ToolContext | undefined;
  const { agent } = createHolder((toolContext) => {
    late = toolContext;
  });
  await agent.run('Go.');
  const closed: string[] = [];
  late?.onRunEnd(() => void closed.push('closed'));
  expect(closed).toEqual(['closed']);
});

test('reports an error of a callback as listener.failed, and calls the others', async () => {
  const closed: string[] = [];
  const { agent } = createHolder(({ onRunEnd }) => {
    onRunEnd(() => {
      throw new Error('It is closed already.');
    });
    onRunEnd(() => Promise.reject(new Error('It does not answer.')));
    onRunEnd(() => void closed.push('closed'));
  });
  const failures: RunEvent[] = [];
  const outcome = await agent
    .run('Go.')
    .on('listener.failed', (event) => void failures.push(event))
    .outcome();
  expect(outcome.status).toBe('completed');
  expect(closed).toEqual(['closed']);
  expect(failures).toMatchObject([
    { event: 'onRunEnd', error: { message: 'It is closed already.' } },
    { event: 'onRunEnd', error: { message: 'It does not answer.' } },
  ]);
});

test('waits for a callback for at most 5 seconds, which do not count for the run', async () => {
  const { promise: isCalled, resolve: call } = Promise.withResolvers<void>();
  const { agent, clock } = createHolder(({ onRunEnd }) => {
    onRunEnd(() => {
      call();
      return new Promise(() => undefined);
    });
  });
  const failures: unknown[] = [];
  const run = agent.run('Go.', { limits: { durationMs: 1_000 } });
  run.on('listener.failed', ({ error }) => failures.push(error.message));
  let hasEnded = false;
  const outcome = run.outcome().finally(() => {
    hasEnded = true;
  });
  await isCalled;
  await clock.advance(4_999);
  expect(hasEnded).toBe(false);
  await clock.advance(1);
  expect(await outcome).toMatchObject({ status: 'completed', durationMs: 0 });
  expect(failures).toEqual(['A callback of onRunEnd did not end within 5 s.']);
});

test('refuses a callback that is not a function', async () => {
  const { agent } = createHolder(({ onRunEnd }) => onRunEnd('close' as never)); // As from JavaScript.
  const { messages } = await agent.run('Go.');
  expect(messages[2]?.content).toContain('onRunEnd: the callback is the text \\"close\\". Pass a function.');
});
