import { setImmediate } from 'node:timers/promises';
import { Agent, type Outcome } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { createRandom, type Random } from '../loop/random.ts';

const PRICE = { input: 1, output: 2 }; // In dollars for a million tokens.
const CHILDREN = 8;
/** What the agent around them is answered with. */
const SHORT = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

interface Family {
  readonly random: Random;
  readonly limits: { readonly tokens?: number; readonly cost?: number };
  /** What each request may be answered with at the most; `undefined` where nothing says so. */
  readonly most?: number;
}

interface Lived {
  readonly outcome: Outcome;
  /** The largest prompt and the largest reply that were under way. */
  readonly largest: { readonly tokens: number; readonly cost: number };
}

/** Eight agents side by side, each of which asks a few times, in any order of latency, and is answered at any length. */
async function lived({ random, limits, most }: Family): Promise<Lived> {
  const largest = { tokens: 0, cost: 0 };
  const replying = (calls: number) =>
    scriptedModel(
      async ({ messages, max_completion_tokens: room }) => {
        for (let turns = random(4); turns > 0; turns--) await setImmediate();
        const prompt = 20 + random(60);
        const completion = Math.min(1 + random(80), room ?? Number.POSITIVE_INFINITY);
        largest.tokens = Math.max(largest.tokens, prompt + completion);
        largest.cost = Math.max(largest.cost, (prompt * PRICE.input + completion * PRICE.output) / 1_000_000);
        const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
        const asked = messages.filter(({ role }) => role === 'assistant').length;
        return asked < calls ? respond.call('look', {}, { usage }) : respond.text('Done.', { usage });
      },
      { price: PRICE },
    );
  const settings = most === undefined ? {} : { max_completion_tokens: most };
  const child = new Agent({ name: 'child', model: replying(random(3)), modelSettings: settings, tools: [] });
  const work = child.asTool({ name: 'work', description: 'Works.' });
  const calls = Array.from({ length: CHILDREN }, (_, index) => ({ name: 'work', arguments: { prompt: `${index}` } }));
  const model = scriptedModel(
    ({ messages }) =>
      messages.length > 1 ? respond.text('All done.', { usage: SHORT }) : respond.calls(calls, { usage: SHORT }),
    {
      price: PRICE,
    },
  );
  const parent = new Agent({ model, tools: [work], modelSettings: { max_completion_tokens: 20 }, limits });
  return { outcome: await parent.run('Go.').outcome(), largest };
}

test('keeps eight parallel agents within the limit plus the requests in flight', async () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const random = createRandom(seed);
    const isCost = random(2) === 0;
    const max = 200 + random(1_500);
    const limits = isCost ? { cost: max / 1_000_000 } : { tokens: max };
    const { outcome, largest } = await lived({ random, limits, ...(random(2) === 0 && { most: 80 }) });
    const spent = isCost ? outcome.usage.cost : outcome.usage.totalTokens;
    const inFlight = CHILDREN * (isCost ? largest.cost : largest.tokens);
    const cap = isCost ? max / 1_000_000 : max;
    if (spent > cap + inFlight) throw new Error(`Seed ${seed}: ${spent} was spent of ${cap}, ${inFlight} in flight.`);
    expect(['completed', 'limited']).toContain(outcome.status);
  }
});

test('makes parallel agents wait for each other’s reservations without refusing any', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    // Enough for all, but not for all at their most at once; the second half says nothing of its most.
    const { outcome } = await lived({
      random: createRandom(seed),
      limits: { tokens: 6_000 },
      ...(seed % 2 === 0 && { most: 2_000 }),
    });
    expect(outcome.status).toBe('completed');
    const results = outcome.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
    expect(results.filter((each) => String(each).includes('limit'))).toEqual([]);
  }
});

test('ends the wait for a reservation on an abort', async () => {
  const hanging = scriptedModel(() => respond.stall(respond.text('Never.')));
  const child = new Agent({ name: 'child', model: hanging });
  const work = child.asTool({ name: 'work', description: 'Works.' });
  const calls = [1, 2].map(() => ({ name: 'work', arguments: { prompt: 'Go.' } }));
  const parent = new Agent({ model: scriptedModel([respond.calls(calls)]), tools: [work], limits: { tokens: 1_000 } });
  const run = parent.run('Go.');
  let started = 0;
  run.on('run.started', ({ path }) => {
    if (path !== '' && ++started === 2) setTimeout(() => run.abort('Enough.'), 0);
  });
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.' });
});
