import { setImmediate } from 'node:timers/promises';
import { Agent, type ChatModel, type RunEvent, tool, withFallback } from '@pawl/core';
import { inputGuard, type Middleware, type MiddlewareScope, outputGuard, toolGuard } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const QUESTION = { messages: [{ role: 'user', content: 'May this pass?' }] } as const;
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'read', execute: () => 'seen' });
const helper = new Agent({ name: 'helper', model: scriptedModel(() => respond.text('Helped.', { usage })) });

/** A check that asks a model whether something may pass. */
function asking(judge: ChatModel) {
  return async (_: unknown, scope: MiddlewareScope) => {
    await scope.callModel(judge, QUESTION);
    return { type: 'allow' } as const;
  };
}

describe('middleware requests do not wait for reservations of their own step:', () => {
  const check = asking(scriptedModel(() => respond.text('Yes.', { usage })));
  const guards: readonly (readonly [string, Middleware])[] = [
    ['an input guard beside the request', inputGuard({ name: 'judge', check })],
    ['an output guard', outputGuard({ name: 'judge', check })],
    ['a tool guard before and after a call', toolGuard({ name: 'judge', before: check, after: check })],
  ];
  const tools = [look, helper.asTool({ name: 'help', description: 'Helps.' })];

  test.each(guards)('%s', async (_, guard) => {
    const script = [
      respond.call('look', {}, { usage }),
      respond.call('help', { prompt: 'Help.' }, { usage }),
      respond.text('Done.', { usage }),
    ];
    // The response has no maximum length, so each request reserves the rest of the budget.
    const agent = new Agent({ model: scriptedModel(script), tools, middleware: [guard], limits: { tokens: 10_000 } });
    expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'completed', output: 'Done.' });
  });
});

// By hand: it tells how far it was when it was given up, which a script does not know.
/** Answers in pieces, each a turn of the event loop after the other, unless it is given up. */
function slowly(pieces: number) {
  const received = { pieces: 0, isGivenUp: false };
  const model: ChatModel = {
    name: 'slow',
    async send(_, context) {
      for (; received.pieces < pieces && context?.signal?.aborted !== true; received.pieces++) {
        await setImmediate();
        await context?.onDelta?.({ type: 'text', delta: 'x' });
      }
      received.isGivenUp = context?.signal?.aborted === true;
      return {
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'xxx' } }],
      } as never;
    },
  };
  return { model, received };
}

const broken = async (): Promise<never> => {
  throw new Error('The rules are not there.');
};

test('cancels the request if a parallel guard fails, emits nothing after the end, and counts the estimated usage', async () => {
  const { model, received } = slowly(20);
  const events: RunEvent[] = [];
  const run = new Agent({ model, middleware: [inputGuard({ name: 'judge', check: broken })] }).run('Go.');
  const outcome = await run.on('*', (event) => events.push(event)).outcome();
  for (let turns = 0; turns < 30; turns++) await setImmediate();
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'GuardError' }, usage: { estimated: true } });
  expect(outcome.usage.inputTokens).toBeGreaterThan(0);
  expect(events.at(-1)?.type).toBe('run.finished');
  expect(received.isGivenUp).toBe(true);
});

test.each([
  ['refuses', 'refused', async () => ({ type: 'refuse', reason: 'No.' }) as const],
  ['fails', 'failed', broken],
])('discards the emitted deltas if a parallel guard %s', async (_, status, check) => {
  const { model } = slowly(20);
  const received = Promise.withResolvers<void>();
  const guard = inputGuard({ name: 'judge', check: () => received.promise.then(check) });
  const events: string[] = [];
  const run = new Agent({ model, middleware: [guard] }).run('Go.');
  run.on('text.delta', () => received.resolve()).on('*', ({ type }) => events.push(type));
  expect(await run.outcome()).toMatchObject({ status });
  expect(events.filter((type) => type === 'text.delta' || type === 'attempt.discarded').at(-1)).toBe(
    'attempt.discarded',
  );
});

test('cancels middleware requests that are not awaited when their step ends, without an unhandled rejection', async () => {
  const { model: judge, received } = slowly(20);
  const forgetful: Middleware = {
    wrapModelCall(request, next, { callModel: ask }) {
      void ask(judge, QUESTION);
      return next(request);
    },
  };
  const agent = new Agent({ model: scriptedModel(() => respond.text('Done.')), middleware: [forgetful] });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'completed', usage: { estimated: true } });
  for (let turns = 0; turns < 30; turns++) await setImmediate();
  expect(received.isGivenUp).toBe(true);
});

test('reserves the cost of the most expensive model of a fallback chain', async () => {
  const failing = scriptedModel(() => respond.httpError(500), { price: { input: 1, output: 1 } });
  const rooms: unknown[] = [];
  const dear = scriptedModel(
    ({ max_completion_tokens: room }) => {
      rooms.push(room);
      const completion_tokens = room ?? 100_000;
      return respond.text('Done.', {
        usage: { prompt_tokens: 5, completion_tokens, total_tokens: 5 + completion_tokens },
      });
    },
    { price: { input: 100, output: 100 } },
  );
  const agent = new Agent({ model: withFallback(failing, dear), limits: { cost: 0.01 }, retry: { maxAttempts: 1 } });
  const { usage: spent } = await agent.run('Go.').outcome();
  expect(rooms).toEqual([expect.any(Number)]);
  expect(spent.cost).toBeGreaterThan(0);
  expect(spent.cost).toBeLessThanOrEqual(0.01);
});

// By hand: it gives no reply, which no script says.
test.each([
  ['Model "mute"', { model: { name: 'mute', send: async () => undefined as never } }],
  ['A model middleware', { middleware: [{ wrapModelCall: async () => undefined as never }] }],
])('fails the run if %s returns no response, and says what to return', async (by, options) => {
  const agent = new Agent({ model: scriptedModel(() => respond.text('Done.')), ...options });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ConfigError' } });
  expect(outcome.status === 'failed' && outcome.error.message).toContain(`${by} returned no response.`);
});
