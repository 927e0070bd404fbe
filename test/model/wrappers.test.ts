import {
  Agent,
  type ChatModel,
  ConfigError,
  memoryResponseCache,
  routeModel,
  withCache,
  withConcurrency,
  withFallback,
  withRateLimit,
} from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';

const HELLO = { messages: [{ role: 'user', content: 'Hello.' }] } as const;

/** Answers when it is told to; counts how many it has at once. */
function slow(): {
  readonly model: ChatModel;
  readonly answer: () => void;
  readonly atOnce: () => number;
  readonly most: () => number;
} {
  const waiting: (() => void)[] = [];
  let most = 0;
  const model = scriptedModel(async () => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      most = Math.max(most, waiting.length);
    });
    return respond.text('Hi.');
  });
  return { model, answer: () => waiting.shift()?.(), atOnce: () => waiting.length, most: () => most };
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

describe('withConcurrency', () => {
  test('asks as many at once as it may, and the others in their order', async () => {
    const { model, answer, atOnce, most } = slow();
    const limited = withConcurrency(model, 2);
    const done: number[] = [];
    const all = [0, 1, 2, 3].map((index) => limited.send(HELLO).then(() => done.push(index)));
    await settled();
    expect(atOnce()).toBe(2);
    for (let answered = 0; answered < 4; answered++) {
      answer();
      await settled();
    }
    await Promise.all(all);
    expect({ done, most: most() }).toEqual({ done: [0, 1, 2, 3], most: 2 });
  });

  test('gives the place back where the model fails, and lets go who is aborted while it waits', async () => {
    const failing = withConcurrency(scriptedModel([respond.httpError(400), respond.text('Hi.')]), 1);
    await expect(failing.send(HELLO)).rejects.toMatchObject({ name: 'HttpError' });
    await expect(failing.send(HELLO)).resolves.toMatchObject({ choices: [{ message: { content: 'Hi.' } }] });
    const { model, answer, atOnce } = slow();
    const limited = withConcurrency(model, 1);
    const first = limited.send(HELLO);
    const controller = new AbortController();
    const second = limited.send(HELLO, { signal: controller.signal });
    const third = limited.send(HELLO);
    controller.abort(new Error('Enough.'));
    await expect(second).rejects.toThrow('Enough.');
    answer();
    await first;
    await settled();
    expect(atOnce()).toBe(1);
    answer();
    await third;
  });

  test('the wait is no part of an attempt’s time', async () => {
    const clock = manualClock({ sleeps: 'held' });
    const { model, answer } = slow();
    const agent = new Agent({
      model: withConcurrency(model, 1),
      clock,
      retry: { maxAttempts: 1, attemptTimeoutMs: 1_000 },
    });
    const runs = [1, 2, 3].map(() => agent.run('Go.').outcome());
    for (const _ of runs) {
      await settled();
      await clock.advance(900);
      answer();
      await settled();
    }
    expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(clock.pending).toBe(0);
  });

  test('who is given up gives its place to the next, also where the model does not heed that', async () => {
    const { model, answer } = slow();
    const limited = withConcurrency(model, 1);
    const controller = new AbortController();
    const first = limited.send(HELLO, { signal: controller.signal });
    const second = limited.send(HELLO);
    await settled();
    controller.abort(new Error('Enough.'));
    await expect(first).rejects.toThrow('Enough.');
    await settled();
    answer();
    answer();
    await expect(second).resolves.toMatchObject({ choices: [{ message: { content: 'Hi.' } }] });
  });

  test.each([0, 1.5, Number.NaN])('%s is no number of places', (most) => {
    expect(() => withConcurrency(slow().model, most)).toThrow(ConfigError);
  });
});

describe('withRateLimit', () => {
  test('lets a minute’s requests go at once, and the others as the allowance comes back', async () => {
    const clock = manualClock();
    const limited = withRateLimit(
      scriptedModel(() => respond.text('Hi.')),
      { requestsPerMinute: 2 },
    );
    const at: number[] = [];
    for (let index = 0; index < 4; index++) {
      await limited.send(HELLO, { clock });
      at.push(clock.now());
    }
    expect(at).toEqual([0, 0, 30_000, 60_000]);
  });

  test('counts tokens as the server counted them', async () => {
    const clock = manualClock();
    const usage = { prompt_tokens: 400, completion_tokens: 200, total_tokens: 600 };
    const limited = withRateLimit(
      scriptedModel(() => respond.text('Hi.', { usage })),
      { tokensPerMinute: 600 },
    );
    await limited.send(HELLO, { clock });
    expect(clock.now()).toBe(0);
    await limited.send(HELLO, { clock });
    expect(clock.now()).toBeGreaterThan(0);
    expect(clock.now()).toBeLessThan(10_000);
  });

  test('keeps the order in which requests came, and passes over who is aborted', async () => {
    const clock = manualClock({ sleeps: 'held' });
    const limited = withRateLimit(
      scriptedModel(() => respond.text('Hi.')),
      { requestsPerMinute: 1 },
    );
    await limited.send(HELLO, { clock });
    const controller = new AbortController();
    const done: string[] = [];
    const second = limited.send(HELLO, { clock, signal: controller.signal });
    const third = limited.send(HELLO, { clock }).then(() => done.push('third'));
    controller.abort(new Error('Enough.'));
    await expect(second).rejects.toThrow('Enough.');
    await clock.advance(60_000);
    await third;
    expect(done).toEqual(['third']);
  });

  test('the wait is no part of an attempt’s time, and whoever is aborted behind others knows it at once', async () => {
    const clock = manualClock({ sleeps: 'held' });
    const limited = withRateLimit(
      scriptedModel(() => respond.text('Hi.')),
      { requestsPerMinute: 1 },
    );
    const agent = new Agent({ model: limited, clock, retry: { maxAttempts: 1, attemptTimeoutMs: 1_000 } });
    const runs = [agent.run('Go.').outcome(), agent.run('Go.').outcome()];
    await settled();
    const controller = new AbortController();
    const third = limited.send(HELLO, { clock, signal: controller.signal });
    controller.abort(new Error('Enough.'));
    await expect(third).rejects.toThrow('Enough.');
    await clock.advance(60_000);
    expect((await Promise.all(runs)).map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(clock.pending).toBe(0);
  });

  test('needs a limit, and one that is a number', () => {
    expect(() => withRateLimit(slow().model, {})).toThrow(ConfigError);
    expect(() => withRateLimit(slow().model, { requestsPerMinute: 0 })).toThrow(ConfigError);
  });
});

describe('withCache', () => {
  test('asks once for the same, streamed or not, and answers at no cost', async () => {
    const model = scriptedModel([respond.text('Hi.')], { price: { input: 1, output: 1 } });
    const agent = new Agent({ model: withCache(model, memoryResponseCache()) });
    const first = await agent.run('Hello.');
    const texts: string[] = [];
    const run = agent.run('Hello.', { stream: true });
    run.on('text.delta', ({ delta }) => texts.push(delta));
    const second = await run;
    expect([first.output, second.output, texts.join('')]).toEqual(['Hi.', 'Hi.', 'Hi.']);
    expect(model.requests).toHaveLength(1);
    expect(first.usage.totalTokens).toBeGreaterThan(0);
    expect(second.usage).toMatchObject({ totalTokens: 0, cost: 0 });
  });

  test('asks again for anything else, and for what was cut off or empty', async () => {
    const model = scriptedModel([
      respond.text('One.'),
      respond.text('Two.'),
      respond.text('Cut', { finishReason: 'length' }),
      respond.text(''),
      respond.text('Whole.'),
    ]);
    const cached = withCache(model, memoryResponseCache());
    const other = { messages: [{ role: 'user', content: 'Hello?' }] } as const;
    const third = { messages: [{ role: 'user', content: 'Well?' }] } as const;
    for (const request of [HELLO, other, third, third, third, third, HELLO]) await cached.send(request);
    expect(model.requests).toHaveLength(5);
  });

  test.each([
    { finishReason: 'end_turn', requests: 1 },
    { finishReason: 'function_call', requests: 1 },
    { finishReason: 'MAX_TOKENS', requests: 2 },
    { finishReason: 'SAFETY', requests: 2 },
    { finishReason: 'error', requests: 2 },
    { finishReason: null, requests: 2 },
  ])('asks $requests times for a response that ended with $finishReason', async ({ finishReason, requests }) => {
    const model = scriptedModel(() => respond.text('Hi.', { finishReason }));
    const cached = withCache(model, memoryResponseCache());
    for (const request of [HELLO, HELLO]) await cached.send(request);
    expect(model.requests).toHaveLength(requests);
  });

  test('a store in memory keeps the newest', async () => {
    const model = scriptedModel(() => respond.text('Hi.'));
    const cached = withCache(model, memoryResponseCache({ maxEntries: 1 }));
    const other = { messages: [{ role: 'user', content: 'Hello?' }] } as const;
    for (const request of [HELLO, HELLO, other, HELLO]) await cached.send(request);
    expect(model.requests).toHaveLength(3);
  });
});

describe('route', () => {
  const small = scriptedModel(() => respond.text('Small.'), { name: 'small', price: { input: 1, output: 2 } });
  const large = scriptedModel(() => respond.text('Large.'), {
    name: 'large',
    price: { input: 5, output: 1, cachedInput: 3 },
  });

  test('asks whom it is told to, and counts the highest prices', async () => {
    const model = routeModel({
      models: [small, large],
      choose: ({ messages }) => (JSON.stringify(messages).length > 60 ? large : small),
    });
    expect(model).toMatchObject({ name: 'small|large', price: { input: 5, output: 2, cachedInput: 3 } });
    const agent = new Agent({ model });
    expect((await agent.run('Short.')).output).toBe('Small.');
    expect((await agent.run('Long, longer, the longest of all questions.')).output).toBe('Large.');
  });

  test('refuses a stranger, and nobody at all', async () => {
    const model = routeModel({ models: [small], choose: () => large });
    await expect(model.send(HELLO)).rejects.toThrow('which is not among models');
    expect(() => routeModel({ models: [], choose: () => small })).toThrow(ConfigError);
  });

  test('refuses a model with another behind it, which nobody would ask, and takes one around it', async () => {
    const chained = withFallback(small, large);
    expect(() => routeModel({ models: [chained], choose: () => chained })).toThrow(
      'withFallback(routeModel({ … }), other)',
    );
    const failing = scriptedModel(() => respond.httpError(400));
    const model = withFallback(routeModel({ models: [failing], choose: () => failing }), large);
    expect((await new Agent({ model }).run('Go.')).output).toBe('Large.');
  });
});
