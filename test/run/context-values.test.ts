import { Agent, type ModelContext, memoryHost, type RunEvent, type Tool, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { Middleware } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Shop {
  readonly user: string;
}

const SCRIPT = [respond.calls([{ name: 'order' }, { name: 'order' }]), respond.text('Ordered.')];
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function order(seen: Json[]): Tool<Shop> {
  return tool<object, Shop>({
    name: 'order',
    description: 'Orders.',
    input: z.object({}),
    execute(_, { context, toolCallId: callId, idempotencyKey, runId, path, traceparent = null }) {
      seen.push({ user: context.user, callId, idempotencyKey, runId, path, traceparent });
      return 'Ordered.';
    },
  });
}

test('passes a tool the context, the call id and the idempotency key', async () => {
  const seen: Json[] = [];
  const agent = new Agent({ model: scriptedModel(SCRIPT), tools: [order(seen)], clock: manualClock() });
  await agent.run('Two.', { runId: 'run-7', context: { user: 'ada' }, traceparent: TRACEPARENT });

  const same = { user: 'ada', runId: 'run-7', path: '', traceparent: TRACEPARENT };
  expect(seen).toEqual([
    { ...same, callId: 'call_1', idempotencyKey: 'run-7/tool:1.0:order' },
    { ...same, callId: 'call_2', idempotencyKey: 'run-7/tool:1.1:order' },
  ]);
});

test('passes each middleware hook the context and its position', async () => {
  const seen: Json[] = [];
  const middleware: Middleware<Shop> = {
    prepareTurn(plan, { context, runId, path, turn }) {
      seen.push({ hook: 'prepareTurn', user: context.user, runId, path, turn });
      return plan;
    },
    wrapModelCall(request, next, { context, runId, path, turn }) {
      seen.push({ hook: 'model', user: context.user, runId, path, turn });
      return next(request);
    },
    wrapToolCall(call, next, { context, runId, path, turn }) {
      seen.push({ hook: 'tool', user: context.user, runId, path, turn });
      return next(call);
    },
  };
  const model = scriptedModel(SCRIPT);
  const agent = new Agent({ model, tools: [order([])], middleware: [middleware], clock: manualClock() });
  await agent.run('Two.', { runId: 'run-7', context: { user: 'ada' } });

  const same = { user: 'ada', runId: 'run-7', path: '' };
  expect(seen).toEqual([
    { hook: 'prepareTurn', ...same, turn: 1 },
    { hook: 'model', ...same, turn: 1 },
    { hook: 'tool', ...same, turn: 1 },
    { hook: 'tool', ...same, turn: 1 },
    { hook: 'prepareTurn', ...same, turn: 2 },
    { hook: 'model', ...same, turn: 2 },
  ]);
});

test('passes a model the run id, the clock and the trace', async () => {
  const seen: Partial<ModelContext>[] = [];
  const model = scriptedModel((_, context) => {
    seen.push(context);
    return respond.text('Ordered.');
  });
  const clock = manualClock();
  await new Agent({ model, clock }).run('Two.', { runId: 'run-7', traceparent: TRACEPARENT });

  expect(seen.map(({ runId, path, traceparent }) => ({ runId, path, traceparent }))).toEqual([
    { runId: 'run-7', path: '', traceparent: TRACEPARENT },
  ]);
  expect(seen[0]?.clock).toBe(clock);
});

test('resolves an instructions function once for each run', async () => {
  const asked: string[] = [];
  const model = scriptedModel([...SCRIPT, ...SCRIPT]);
  const agent = new Agent({
    model,
    tools: [order([])],
    clock: manualClock(),
    async instructions({ user }: Shop) {
      asked.push(user);
      return `You serve ${user}.`;
    },
  });
  const { messages } = await agent.run('Two.', { context: { user: 'ada' } });
  await agent.run('Two.', { context: { user: 'bob' } });

  expect(asked).toEqual(['ada', 'bob']);
  expect(model.requests.map(({ messages: [first] }) => first?.content)).toEqual([
    'You serve ada.',
    'You serve ada.',
    'You serve bob.',
    'You serve bob.',
  ]);
  expect(messages.filter(({ role }) => role === 'system')).toEqual([]);
});

test('fails the run before a request if the instructions throw', async () => {
  const model = scriptedModel([]);
  const agent = new Agent({
    model,
    clock: manualClock(),
    instructions: () => {
      throw new TypeError('No shop.');
    },
  });
  const run = agent.run('Two.', { runId: 'run-7' });
  const received: RunEvent[] = [];
  for await (const event of run) received.push(event);
  const outcome = await run.outcome();

  expect(outcome).toEqual({
    status: 'failed',
    error: { name: 'TypeError', message: 'No shop.', stack: expect.any(String) },
    attempts: [],
    runId: 'run-7',
    agent: 'agent',
    messages: [{ role: 'user', content: 'Two.' }],
    usage: expect.objectContaining({ requests: 0, totalTokens: 0 }),
    usageBy: [expect.objectContaining({ agent: 'agent', turnCount: 0 })],
    turnCount: 0,
    toolCallCount: 0,
    durationMs: 0,
  });
  const stamp = { runId: 'run-7', path: '', agent: 'agent', at: 0, activeMs: 0 };
  const { error } = outcome.status === 'failed' ? outcome : { error: undefined };
  expect(received).toEqual([
    { type: 'model.failed', turn: 0, error, usage: outcome.usage, failedAttempts: [], ...stamp, step: 'start', seq: 1 },
    { type: 'run.finished', outcome, ...stamp, seq: 2 },
  ]);
  expect(model.requests).toEqual([]);
});

test.each([
  ['after', 1],
  ['within', 2],
] as const)(
  'a run that is interrupted %s its first step calls its instructions function %i times in total',
  async (moment, times) => {
    const asked: string[] = [];
    const model = scriptedModel([respond.text('Yes.')]);
    const agent = new Agent({ model, instructions: () => `Serve customer ${asked.push('asked')}.` });
    const host = new FaultyHost(memoryHost(), { at: 1, moment });
    await expect(agent.run('Two.', { host, runId: 'run' }).outcome()).rejects.toThrow('gone');
    await agent.resume('run', { host });
    expect(asked).toHaveLength(times);
    expect(model.requests[0]?.messages[0]?.content).toBe(`Serve customer ${times}.`);
  },
);
