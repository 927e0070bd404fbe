import { setImmediate } from 'node:timers/promises';
import { Agent, type AgentOptions, type ChatModel, type RunEvent, tool } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const price = { input: 1, output: 1 };
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const step = tool({ name: 'step', description: 'S', input: z.object({}), effect: 'read', execute: () => 'done' });

/** Asks as often at once, and takes the answer of one. */
function choosing(chosen: number, requests = 2): Middleware {
  return {
    async wrapModelCall(request, next) {
      const replies = await Promise.all(Array.from({ length: requests }, () => next(request)));
      return replies[chosen] ?? expect.unreachable();
    },
  };
}

/** Answers each turn's requests in the given order, whatever order they came in: a call in the first turn, then a text. */
function inOrder(order: readonly number[]): ChatModel {
  let waiting: (() => void)[] = [];
  return scriptedModel(
    async ({ messages }) => {
      const isLast = messages.some(({ role }) => role === 'tool');
      const index = waiting.length;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      if (waiting.length === order.length) void release();
      await promise;
      return isLast ? respond.text(`answer ${index}`, { usage }) : respond.call('step', {}, { usage });
    },
    { price },
  );
  async function release(): Promise<void> {
    const all = waiting;
    waiting = [];
    for (const index of order) {
      all[index]?.();
      for (let turns = 0; turns < 3; turns++) await setImmediate();
    }
  }
}

const ORDERS = [
  [0, 1],
  [1, 0],
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
];

/** Room for three requests at once in each of two turns, if nothing stays reserved. */
const LIMITS: readonly (readonly [string, Partial<AgentOptions<unknown, string>>])[] = [
  ['no limit', {}],
  ['a limit of tokens', { limits: { tokens: 3_400 }, modelSettings: { max_completion_tokens: 1_000 } }],
  ['a limit of cost', { limits: { cost: 0.0034 }, modelSettings: { max_completion_tokens: 1_000 } }],
];

describe.each(LIMITS)('several requests at once, under %s,', (_, options) => {
  const cases = ORDERS.flatMap((order) =>
    order.flatMap((chosen) => [true, false].map((stream) => ({ order, chosen, stream }))),
  );

  test.each(cases)('that end in the order $order, of which $chosen is taken, stream: $stream', async (given) => {
    const { order, chosen, stream } = given;
    const attempts: number[] = [];
    const agent = new Agent({
      model: inOrder(order),
      tools: [step],
      middleware: [choosing(chosen, order.length)],
      ...options,
    });
    const run = agent.run('Go.', { stream });
    run.on('attempt.started', ({ turn, attempt }) => attempts.push(turn * 10 + attempt));
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({ status: 'completed', output: `answer ${chosen}`, turnCount: 2 });
    expect(outcome.usage).toMatchObject({
      requests: 2 * order.length,
      totalTokens: 2 * order.length * 15,
      estimated: false,
    });
    expect(attempts).toEqual([10, 20].flatMap((turn) => order.map((__, index) => turn + index + 1)));
    expect(checkHistory(outcome.messages)).toEqual([]);
  });
});

test('releases the reservation of a request without max_tokens when it is answered', async () => {
  const rooms: unknown[] = [];
  const model = scriptedModel(({ messages, max_completion_tokens: room }) => {
    rooms.push(room);
    return messages.some(({ role }) => role === 'tool')
      ? respond.text('end', { usage })
      : respond.call('step', {}, { usage });
  });
  const agent = new Agent({ model, tools: [step], limits: { tokens: 1_000 }, middleware: [choosing(0)] });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'completed', usage: { totalTokens: 60 } });
  expect(rooms).toHaveLength(4);
});

test.each(['all', 'allSettled'] as const)(
  'where two do not fit, the run is limited, awaited by Promise.%s',
  async (how) => {
    const model = scriptedModel(({ max_completion_tokens: room = 100 }) =>
      respond.text('long', {
        usage: { prompt_tokens: 10, completion_tokens: room ?? 100, total_tokens: 10 + (room ?? 100) },
      }),
    );
    const middleware: Middleware = {
      async wrapModelCall(request, next) {
        const both = [next(request), next(request)];
        if (how === 'all') return (await Promise.all(both))[0] ?? expect.unreachable();
        const settled = await Promise.allSettled(both);
        const failed = settled.find(({ status }) => status === 'rejected');
        if (failed?.status === 'rejected') throw failed.reason;
        return expect.unreachable();
      },
    };
    const agent = new Agent({ model, limits: { tokens: 100 }, middleware: [middleware] });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'limited', limit: 'tokens', max: 100 });
    expect(outcome.usage.requests).toBe(1);
  },
);

/** Answers one of two requests, and fails the other; the answer comes first, or last. */
function halfBroken(answersFirst: boolean): ChatModel {
  let asked = 0;
  const answered = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<void>();
  return scriptedModel(
    async () => {
      if (asked++ === 0) {
        if (!answersFirst) await failed.promise;
        answered.resolve();
        return respond.text('Whole.', { usage });
      }
      if (answersFirst) await answered.promise;
      failed.resolve();
      return respond.httpError(400);
    },
    { price },
  );
}

describe.each([true, false])('one request fails while the other is open, the answer first: %s,', (answersFirst) => {
  test.each([{}, { tokens: 10_000 }, { cost: 0.01 }])('under %o, and the other one is used', async (limits) => {
    const any: Middleware = { wrapModelCall: (request, next) => Promise.any([next(request), next(request)]) };
    const agent = new Agent({
      model: halfBroken(answersFirst),
      limits,
      modelSettings: { max_completion_tokens: 1_000 },
      middleware: [any],
    });
    const attempts: RunEvent[] = [];
    const run = agent.run('Go.');
    run.on('model.responded', (event) => attempts.push(event));
    expect(await run.outcome()).toMatchObject({ status: 'completed', output: 'Whole.' });
    const failedAttempts = answersFirst ? expect.any(Array) : [{ attempt: 2, error: { code: 'http.400' } }];
    expect(attempts).toMatchObject([{ failedAttempts }]);
  });

  test.each([{}, { tokens: 10_000 }, { cost: 0.01 }])('under %o, and both are used', async (limits) => {
    const agent = new Agent({
      model: halfBroken(answersFirst),
      limits,
      modelSettings: { max_completion_tokens: 1_000 },
      middleware: [choosing(0)],
    });
    const outcome = await agent.run('Go.').outcome();
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'http.400' }, attempts: [{ attempt: 2 }] });
    expect(outcome.usage.totalTokens).toBeGreaterThan(0);
  });
});

test.each([{}, { tokens: 10_000 }, { cost: 0.01 }])(
  'an abort while both are under way counts both, under %o',
  async (limits) => {
    const model = scriptedModel(() => respond.stall(respond.text('Never whole.')), { price });
    const settings = { max_completion_tokens: 1_000 };
    const run = new Agent({ model, limits, modelSettings: settings, middleware: [choosing(0)] }).run('x'.repeat(350));
    let started = 0;
    run.on('attempt.started', () => {
      if (++started === 2) setTimeout(() => run.abort('Enough.'), 0);
    });
    const outcome = await run.outcome();
    expect(outcome).toMatchObject({ status: 'aborted', usage: { estimated: true, requests: 0 } });
    expect(outcome.usage.inputTokens).toBe(2 * 105);
  },
);

test('reports the limit that shortened the used answer', async () => {
  const model = scriptedModel(({ max_completion_tokens: room }) => {
    return room === 40 ? respond.text('whole', { usage }) : respond.text('cut', { usage, finishReason: 'length' });
  });
  const asked = (chosen: number) => {
    const limits = { tokens: 100 };
    return new Agent({ model, limits, modelSettings: { max_completion_tokens: 40 }, middleware: [choosing(chosen)] })
      .run('Go.')
      .outcome();
  };
  expect(await asked(0)).toMatchObject({ status: 'completed', output: 'whole' });
});

test('rejects a middleware request after its turn, and reserves nothing', async () => {
  const late: Promise<unknown>[] = [];
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const forgetful: Middleware = {
    async wrapModelCall(request, next, { callModel: ask, turn }) {
      if (turn === 1)
        late.push(
          ...[next, (again: typeof request) => ask(model, again)].map((send) => over.then(() => send(request))),
        );
      for (const each of late) each.catch(() => undefined);
      return next(request);
    },
  };
  const model = scriptedModel(({ messages }) => {
    return messages.some(({ role }) => role === 'tool')
      ? respond.text('end', { usage })
      : respond.call('step', {}, { usage });
  });
  const execute = (): Promise<string> => {
    resolve();
    return setImmediate('done');
  };
  const waiting = tool({ name: 'step', description: 'S', input: z.object({}), effect: 'read', execute });
  const agent = new Agent({ model, tools: [waiting], limits: { tokens: 1_000 }, middleware: [forgetful] });
  expect(await agent.run('Go.').outcome()).toMatchObject({ status: 'completed', usage: { requests: 2 } });
  expect((await Promise.allSettled(late)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(model.requests).toHaveLength(2);
});

test('shares one budget among parallel agents with parallel requests, without a deadlock', async () => {
  const child = new Agent({
    name: 'child',
    model: scriptedModel(() => respond.text('Done.', { usage })),
    middleware: [choosing(1)],
  });
  const work = child.asTool({ name: 'work', description: 'Works.' });
  const calls = [1, 2, 3].map(() => ({ name: 'work', arguments: { prompt: 'Go.' } }));
  const model = scriptedModel([respond.calls(calls, { usage }), respond.text('All done.', { usage })]);
  const outcome = await new Agent({ model, tools: [work], limits: { tokens: 2_000 } }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'completed', usage: { requests: 8, totalTokens: 8 * 15 } });
});
