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

/** Responds on demand, and counts its concurrent requests. */
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
  test('sends the allowed number of requests at once, the others in order', async () => {
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

  test('frees its place if the model fails, and removes aborted requests from the queue', async () => {
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

  test('the wait does not use the time of an attempt', async () => {
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

  test('an aborted request frees its place, even if the model ignores the signal', async () => {
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

  test.each([0, 1.5, Number.NaN])('refuses %s as the number of requests', (most) => {
    expect(() => withConcurrency(slow().model, most)).toThrow(ConfigError);
  });
});

describe('withRateLimit', () => {
  test('sends a minute’s requests at once, the others as the bucket refills', async () => {
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

  test('counts tokens as the server reports them', async () => {
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

  test('keeps the order of requests and skips aborted ones', async () => {
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

  test('the wait does not use the time of an attempt, and an aborted waiting request rejects at once', async () => {
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

  test('refuses no limit and an invalid limit', () => {
    expect(() => withRateLimit(slow().model, {})).toThrow(ConfigError);
    expect(() => withRateLimit(slow().model, { requestsPerMinute: 0 })).toThrow(ConfigError);
  });
});

describe('withCache', () => {
  test('sends equal requests once, streamed or not, and a cached response costs nothing', async () => {
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

  test('sends different requests, and does not cache truncated or empty responses', async () => {
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
  ])('sends $requests requests for responses that ended with $finishReason', async ({ finishReason, requests }) => {
    const model = scriptedModel(() => respond.text('Hi.', { finishReason }));
    const cached = withCache(model, memoryResponseCache());
    for (const request of [HELLO, HELLO]) await cached.send(request);
    expect(model.requests).toHaveLength(requests);
  });

  test('memoryResponseCache keeps the newest responses', async () => {
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

  test('sends each request to the chosen model, and uses the highest prices', async () => {
    const model = routeModel({
      models: [small, large],
      choose: ({ messages }) => (JSON.stringify(messages).length > 60 ? large : small),
    });
    expect(model).toMatchObject({ name: 'small|large', price: { input: 5, output: 2, cachedInput: 3 } });
    const agent = new Agent({ model });
    expect((await agent.run('Short.')).output).toBe('Small.');
    expect((await agent.run('Long, longer, the longest of all questions.')).output).toBe('Large.');
  });

  test('refuses a model outside the list, and an empty list', async () => {
    const model = routeModel({ models: [small], choose: () => large });
    await expect(model.send(HELLO)).rejects.toThrow('which is not in models');
    expect(() => routeModel({ models: [], choose: () => small })).toThrow(ConfigError);
  });

  test('refuses a model with a fallback, and accepts a fallback of the router', async () => {
    const chained = withFallback(small, large);
    expect(() => routeModel({ models: [chained], choose: () => chained })).toThrow(
      'withFallback(routeModel({ … }), other)',
    );
    const failing = scriptedModel(() => respond.httpError(400));
    const model = withFallback(routeModel({ models: [failing], choose: () => failing }), large);
    expect((await new Agent({ model }).run('Go.')).output).toBe('Large.');
  });
});
