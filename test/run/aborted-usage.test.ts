import {
  AbortRun,
  Agent,
  type AgentOptions,
  type ChatModel,
  memoryHost,
  type Outcome,
  openai,
  RefuseRun,
  type RunEvent,
  tool,
  withConcurrency,
  withFallback,
} from '@pawl/core';
import type { Delta } from '@pawl/core/chat';
import { inputGuard, type Middleware, type MiddlewareScope, toolGuard } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';
import { useServer } from './use-server.ts';

const price = { input: 1, output: 2 };
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
/** 105 tokens by the estimate. */
const PROMPT = 'x'.repeat(350);
const NOTHING = { requests: 0, inputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0, estimated: false };

type Options = Partial<AgentOptions<unknown, string>>;

interface Aborting {
  readonly type?: RunEvent['type'];
  readonly stream?: boolean;
  /** How many of these events come first. @defaultValue 0 */
  readonly after?: number;
}

/** Aborts a run when an event of this type comes. */
async function aborted(
  options: Options,
  { type = 'attempt.started', stream = false, after = 0 }: Aborting = {},
): Promise<Outcome> {
  const run = new Agent({ model: hanging, retry: { maxAttempts: 1 }, ...options }).run(PROMPT, { stream });
  let seen = 0;
  // A request goes out only after the event of its attempt.
  run.on(type, () => void (seen++ === after && setTimeout(() => run.abort('Enough.'), 0)));
  const outcome = await run.outcome();
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.' });
  return outcome;
}

const hanging = scriptedModel(() => respond.stall(respond.text('Never whole.')), { price });

test.each([true, false])('counts a request that is open when the run is aborted, stream: %s', async (stream) => {
  const { usage: used } = await aborted({ model: hanging }, { stream });
  expect(used).toMatchObject({ requests: 0, inputTokens: 105, estimated: true });
  expect(used.totalTokens).toBe(used.inputTokens + used.outputTokens);
  expect(used.cost).toBeCloseTo((used.inputTokens + 2 * used.outputTokens) / 1_000_000, 10);
});

// By hand: a script cuts its texts into words, and has no piece of every kind.
/** Sends one piece, and nothing more. */
function stopping(piece: Delta): ChatModel {
  return {
    name: 'stopping',
    async send(_, context) {
      await context?.onDelta?.(piece);
      return new Promise(() => {});
    },
  };
}

describe('estimates the received part of a response by its bytes:', () => {
  test.each([
    ['text', 'one two three four five', 7],
    ['Chinese', '奥斯陆今天全天晴朗', 8],
    ['emoji', '☀️🌧️⛈️🌤️', 8],
  ])('%s', async (_, delta, outputTokens) => {
    const model = stopping({ type: 'text', delta });
    const { usage: used } = await aborted({ model }, { type: 'text.delta', stream: true });
    expect(used).toMatchObject({ inputTokens: 105, outputTokens, totalTokens: 105 + outputTokens });
  });

  test.each([
    ['reasoning', 'reasoning.delta'],
    ['refusal', 'refusal.delta'],
    ['call', 'tool_call.delta'],
  ] as const)('%s', async (type, event) => {
    const delta = 'x'.repeat(35);
    const model = stopping(type === 'call' ? { type, index: 0, name: 'look', delta } : { type, delta });
    const { usage: used } = await aborted({ model }, { type: event, stream: true });
    expect(used).toMatchObject({ outputTokens: 10 });
  });
});

test('adds no usage for an abort between two attempts', async () => {
  const clock = manualClock({ sleeps: 'held' });
  const model = scriptedModel(() => respond.httpError(503), { price });
  const refused = await aborted({ model, clock, retry: { maxAttempts: 3 } }, { type: 'attempt.failed' });
  expect(refused.usage).toMatchObject(NOTHING);
  const cut = scriptedModel(() => respond.cut(respond.text('one two three'), { afterChunks: 2 }), { price });
  const { usage: used } = await aborted(
    { model: cut, clock, retry: { maxAttempts: 3 } },
    { type: 'attempt.failed', stream: true },
  );
  expect(used).toMatchObject({ inputTokens: 105, estimated: true });
});

test('counts no usage for a request that a wrapper delays when the run is aborted', async () => {
  const model = withConcurrency(hanging, 1);
  const first = new Agent({ model }).run('First.');
  const { usage: used } = await aborted({ model });
  expect(used).toMatchObject(NOTHING);
  first.abort();
  expect((await first.outcome()).usage.inputTokens).toBeGreaterThan(0);
});

test('counts no usage for a run that is aborted before its first request', async () => {
  const outcome = await new Agent({ model: hanging }).run(PROMPT, { signal: AbortSignal.abort('Enough.') }).outcome();
  expect(outcome).toMatchObject({ status: 'aborted', usage: NOTHING });
});

test('counts a complete response by the server if a listener aborts the run', async () => {
  // By hand: a scripted model sends its pieces before it answers.
  const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Whole.' } } as const;
  const model: ChatModel = { name: 'whole', send: async () => ({ choices: [choice], usage }) };
  const run = new Agent({ model }).run(PROMPT);
  run.on('text.delta', () => run.abort('Enough.'));
  const outcome = await run.outcome();
  expect(outcome).toMatchObject({ status: 'aborted', usage: { requests: 1, totalTokens: 15, estimated: false } });
});

test.each([
  ['aborted', new AbortRun('Enough.')],
  ['refused', new RefuseRun('No.')],
])('counts the usage of a request if middleware then ends the run as %s', async (status, error) => {
  const ending: Middleware = {
    async wrapModelCall(request, next) {
      await next(request);
      throw error;
    },
  };
  const model = scriptedModel(() => respond.text('Whole.', { usage }));
  const outcome = await new Agent({ model, middleware: [ending] }).run(PROMPT).outcome();
  expect(outcome).toMatchObject({ status, usage: { requests: 1, totalTokens: 15 } });
});

test('charges an aborted request at the price of its own model', async () => {
  const failing = scriptedModel(() => respond.httpError(500), { price: { input: 1_000, output: 1_000 } });
  const model = withFallback(failing, hanging);
  const { usage: used } = await aborted({ model }, { after: 1 });
  expect(used.cost).toBeCloseTo((105 + 2 * used.outputTokens) / 1_000_000, 10);
});

describe('counts an open request of middleware with its step:', () => {
  const question = { messages: [{ role: 'user', content: PROMPT }] } as const;
  const answering = scriptedModel(() => respond.call('look', {}, { usage }));
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: () => 'seen',
  });
  const check = async (_: unknown, { callModel: ask }: MiddlewareScope) => {
    await ask(hanging, question);
    return { type: 'allow' } as const;
  };

  test.each<readonly [string, Options, number, number]>([
    ['before a turn', { middleware: [inputGuard({ name: 'judge', mode: 'blocking', check })] }, 0, 105],
    ['in parallel with a request', { model: hanging, middleware: [inputGuard({ name: 'judge', check })] }, 1, 210],
    ['around a call', { tools: [look], middleware: [toolGuard({ name: 'judge', before: check })] }, 1, 10 + 105],
  ])('%s', async (_, options, after, inputTokens) => {
    const { usage: used } = await aborted({ model: answering, ...options }, { after });
    expect(used).toMatchObject({ inputTokens, estimated: true });
  });
});

test('counts an open request of a nested agent in both runs when the run is aborted', async () => {
  const helper = new Agent({ name: 'helper', model: hanging }).asTool({ name: 'help', description: 'Helps.' });
  const model = scriptedModel(() => respond.call('help', { prompt: PROMPT }, { usage }), { price });
  const inside: Outcome<unknown>[] = [];
  const run = new Agent({ model, tools: [helper], limits: { tokens: 10_000 } }).run('Go.');
  run.on('attempt.started', ({ path }) => void (path !== '' && setTimeout(() => run.abort('Enough.'), 0)));
  run.on('run.finished', ({ path, outcome }) => void (path !== '' && inside.push(outcome)));
  const outcome = await run.outcome();
  expect(inside).toMatchObject([{ status: 'aborted', usage: { inputTokens: 105, estimated: true } }]);
  expect(outcome).toMatchObject({ status: 'aborted', usage: { requests: 1, inputTokens: 115, estimated: true } });
});

test.each(hosts)('reads the same usage from the journal, on $name', async ({ open }) => {
  const host = open();
  const agent = new Agent({ model: hanging });
  const run = agent.run(PROMPT, { host, runId: 'r' });
  run.on('attempt.started', () => void setTimeout(() => run.abort('Enough.'), 0));
  const { usage: used } = await run.outcome();
  expect(used.inputTokens).toBe(105);
  expect((await agent.resume('r', { host }).outcome()).usage).toEqual(used);
  const { events } = await host.getRun('r');
  expect(events.map(({ event }) => event)).toMatchObject([
    { type: 'run.started' },
    { type: 'run.aborted', usage: used },
  ]);
});

describe('over HTTP,', () => {
  test('costs the same for an aborted stream as for a timeout', async () => {
    const script = () => respond.stall(respond.text('one two three four five'), { afterChunks: 4 });
    await useServer(script, async (model) => {
      const limited = await new Agent({ model, limits: { durationMs: 300 } }).run(PROMPT, { stream: true }).outcome();
      const run = new Agent({ model }).run(PROMPT);
      let pieces = 0;
      for await (const event of run) if (event.type === 'text.delta' && ++pieces === 4) run.abort();
      const { status, usage: used } = await run.outcome();
      expect(limited).toMatchObject({ status: 'limited', usage: { inputTokens: 105, estimated: true } });
      expect(status).toBe('aborted');
      expect(used).toEqual(limited.usage);
    });
  });

  test.each([
    ['cut off in the middle', respond.cut(respond.text('one two three'), { afterChunks: 2 }), true],
    ['reset in the middle', respond.reset({ response: respond.text('one two three'), afterChunks: 2 }), true],
    ['reset before anything came', respond.reset(), false],
    ['refused', respond.httpError(500), false],
  ])('bills an attempt that is %s: %s', async (_, given, isBilled) => {
    for (const stream of [true, false]) {
      await useServer([given, given, given], async (model) => {
        const agent = new Agent({ model, clock: manualClock(), retry: { maxAttempts: 1 } });
        const { usage: used } = await agent.run(PROMPT, { stream }).outcome();
        expect(used.inputTokens > 0).toBe(isBilled);
      });
    }
  });

  test('does not bill an attempt without a connection', async () => {
    const model = openai('m', { baseURL: 'http://127.0.0.1:1/v1', apiKey: 'key' });
    const outcome = await new Agent({ model, retry: { maxAttempts: 1 } }).run(PROMPT).outcome();
    expect(outcome).toMatchObject({ status: 'failed', usage: NOTHING });
  });
});

test('adds no usage for an abort of a suspended run', async () => {
  const wait = tool({ name: 'wait', description: 'Waits.', input: z.object({}) });
  const agent = new Agent({ model: scriptedModel(() => respond.call('wait', {}, { usage })), tools: [wait] });
  const host = memoryHost();
  const suspended = await agent.run('Go.', { host, runId: 'r' }).outcome();
  expect(suspended).toMatchObject({ status: 'suspended', usage: { totalTokens: 15 } });
  const outcome = await agent.resume('r', { host, signal: AbortSignal.abort('Enough.') }).outcome();
  expect(outcome).toMatchObject({ status: 'aborted', usage: { totalTokens: 15, estimated: false } });
});
