import { Agent, type Host, type RunEvent, systemClock, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, hosts, openSqlite } from './hosts.ts';

interface SlowAgent {
  readonly agent: Agent;
  /** Resolves when the tool has begun. */
  readonly begun: Promise<void>;
  readonly finish: () => void;
  readonly executed: string[];
}

/** Creates an agent whose tool runs until `finish` is called. */
function createSlowAgent(): SlowAgent {
  const begun = Promise.withResolvers<void>();
  const work = Promise.withResolvers<string>();
  const executed: string[] = [];
  const build = tool({
    name: 'build',
    description: 'Builds.',
    input: z.object({}),
    execute: (_, { idempotencyKey, signal }) => {
      executed.push(idempotencyKey);
      signal.addEventListener('abort', () => work.reject(signal.reason));
      begun.resolve();
      return work.promise;
    },
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Built.') : respond.call('build', {}),
  );
  const agent = new Agent({ name: 'builder', model, tools: [build], clock: systemClock });
  return { agent, begun: begun.promise, finish: () => work.resolve('built'), executed };
}

/** One host for both callers, and two hosts on one file, as in two processes. */
const pairs: readonly { readonly name: string; open(): readonly [Host, Host] }[] = [
  ...hosts.map(({ name, open }) => ({
    name,
    open: (): readonly [Host, Host] => {
      const host = open();
      return [host, host];
    },
  })),
  {
    name: 'two hosts on one SQLite file',
    open: () => {
      const file = createFile();
      return [openSqlite(file), openSqlite(file)];
    },
  },
];

describe.each(pairs)('on $name', ({ open }) => {
  test('attaching to a running run replays its recorded events and then follows it live', async () => {
    const [here, there] = open();
    const { agent, begun, finish, executed } = createSlowAgent();
    const first = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const second = agent.run('Go.', { host: there, runId: 'run', onExistingRun: 'attach' });
    const seen: RunEvent[] = [];
    second.on('*', (event) => seen.push(event));
    const responded = new Promise((resolve) => second.on('model.responded', resolve));
    await responded;
    finish();
    const [one, other] = await Promise.all([first.outcome(), second.outcome()]);
    expect(other).toEqual(one);
    expect(executed).toHaveLength(1);
    const recorded = seen.filter((event) => 'activeMs' in event);
    expect(recorded.map(({ type, replayed = false }) => ({ type, replayed }))).toEqual([
      { type: 'run.started', replayed: true },
      { type: 'model.responded', replayed: true },
      { type: 'tool.finished', replayed: false },
      { type: 'model.responded', replayed: false },
      { type: 'run.finished', replayed: false },
    ]);
  });

  test('resuming a running run follows it', async () => {
    const [here, there] = open();
    const { agent, begun, finish, executed } = createSlowAgent();
    const first = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const second = agent.resume('run', { host: there }).outcome();
    finish();
    expect(await second).toEqual(await first.outcome());
    expect(executed).toHaveLength(1);
  });

  test('attaching to a run that has ended resolves its outcome', async () => {
    const [here, there] = open();
    const { agent, finish, executed } = createSlowAgent();
    finish();
    const outcome = await agent.run('Go.', { host: here, runId: 'run' }).outcome();
    const again = agent.run('Go.', { host: there, runId: 'run', onExistingRun: 'attach' });
    expect(await again.outcome()).toEqual(outcome);
    expect(executed).toHaveLength(1);
  });

  test('refuses to attach to a run that has another input', async () => {
    const [here, there] = open();
    const { agent, finish } = createSlowAgent();
    finish();
    await agent.run('Go.', { host: here, runId: 'run' }).outcome();
    const other = agent.run('Stop.', { host: there, runId: 'run', onExistingRun: 'attach' });
    await expect(other.outcome()).rejects.toMatchObject({ code: 'run.conflict' });
    const refused = agent.run('Go.', { host: there, runId: 'run' });
    await expect(refused.outcome()).rejects.toMatchObject({ code: 'run.exists' });
  });

  test('an abort by a follower ends the run in the process that works on it', async () => {
    const [here, there] = open();
    const { agent, begun } = createSlowAgent();
    const first = agent.run('Go.', { host: here, runId: 'run' });
    await begun;
    const second = agent.resume('run', { host: there });
    await new Promise((resolve) => second.on('run.started', resolve));
    second.abort('Enough.');
    expect(await first.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
    expect(await second.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  });
});

describe.each(hosts)('an enqueued run, on $name', ({ open }) => {
  test('begins in the process that has its agent, with the instructions and limits of that agent', async () => {
    const host = open();
    const model = scriptedModel([respond.text('Done.')]);
    const agent = new Agent({ name: 'a', model, instructions: 'Be kind.', limits: { turns: 5 } });
    const runId = await host.enqueue('a', 'Go.', { metadata: { user: 'ada' } });
    const { output, messages } = await agent.resume(runId, { host });
    expect({ output, messages: messages.length }).toEqual({ output: 'Done.', messages: 2 });
    expect(model.requests[0]?.messages[0]).toEqual({ role: 'system', content: 'Be kind.' });
    expect((await host.listRuns())[0]).toMatchObject({ status: 'completed', metadata: { user: 'ada' }, attempts: 1 });
  });

  test('ends without a request if it was cancelled', async () => {
    const host = open();
    const model = scriptedModel([respond.text('Done.')]);
    const agent = new Agent({ name: 'a', model });
    const runId = await host.enqueue('a', 'Go.');
    await host.cancel(runId, { reason: 'Never mind.' });
    const outcome = await agent.resume(runId, { host }).outcome();
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Never mind.' });
    expect(model.requests).toEqual([]);
  });

  test('fails if its messages cannot be sent, like a run that was started with them', async () => {
    const host = open();
    const agent = new Agent({ name: 'a', model: scriptedModel([respond.text('Done.')]) });
    const runId = await host.enqueue('a', [{ role: 'tool', tool_call_id: 'x', content: 'y' }]);
    expect(await agent.resume(runId, { host }).outcome()).toMatchObject({ status: 'failed' });
  });
});

test('attaching with another owner is refused, and does not name the owner of the run', async () => {
  const [{ open }] = pairs as readonly [(typeof pairs)[number]];
  const [host] = open();
  const { agent, finish } = createSlowAgent();
  finish();
  const options = { host, runId: 'run', onExistingRun: 'attach' } as const;
  const outcome = await agent.run('Go.', { ...options, owner: 'ada' }).outcome();
  const refusal = await agent
    .run('Go.', { ...options, owner: 'bob' })
    .outcome()
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: 'HostError', code: 'run.conflict' });
  expect(String(refusal)).not.toContain('ada');
  expect(await agent.run('Go.', { ...options, owner: 'ada' }).outcome()).toEqual(outcome);
  expect(await host.listRuns({ owner: 'ada' })).toMatchObject([{ runId: 'run', owner: 'ada' }]);
});

describe.each(hosts)('a fork, on $name', ({ open }) => {
  async function runFork(options: { readonly before: string; readonly input?: string }) {
    const host = open();
    const { agent, finish, executed } = createSlowAgent();
    finish();
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const fork = await host.fork('run', options);
    const result = await agent.resume(fork, { host }).outcome();
    const again = await agent.resume('run', { host }).outcome();
    expect(again).toEqual(outcome);
    return { outcome, result, executed };
  }

  test('before a request calls the model again, and runs no finished tool', async () => {
    const { outcome, result, executed } = await runFork({ before: 'model:2' });
    expect(result.messages).toEqual(outcome.messages);
    expect(executed).toEqual(['run/tool:1.0:build']);
  });

  test('before a call runs the call again, with an idempotency key of its own', async () => {
    const { outcome, result, executed } = await runFork({ before: 'tool:1.0:build' });
    expect(result.messages).toEqual(outcome.messages);
    expect(executed).toEqual(['run/tool:1.0:build', `${result.runId}/tool:1.0:build`]);
  });

  test('with input continues with the input after the steps before', async () => {
    const { result } = await runFork({ before: 'model:2', input: 'And now?' });
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user', 'assistant']);
    expect(result.messages[3]).toEqual({ role: 'user', content: 'And now?' });
  });

  test('with input before a call closes that call', async () => {
    const { result } = await runFork({ before: 'tool:1.0:build', input: 'Leave that.' });
    expect(result.status).toBe('completed');
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user', 'assistant']);
  });
});
