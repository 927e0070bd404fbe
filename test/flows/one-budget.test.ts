import { setImmediate } from 'node:timers/promises';
import { Agent, type Outcome, tool } from '@pawl/core';
import { flow } from '@pawl/core/flow';
import { outputGuard } from '@pawl/core/middleware';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createRandom, type Random } from '../loop/random.ts';

const PRICE = { input: 1, output: 2 }; // In dollars for a million tokens.
const BRANCHES = 4;

interface SeededFlow {
  readonly random: Random;
  readonly limits: { readonly tokens?: number; readonly cost?: number };
  /** The maximum length of a response; `undefined` if nothing limits it. */
  readonly most?: number;
}

interface SpentRun {
  readonly outcome: Outcome<unknown>;
  /** What servers billed. */
  readonly billed: { tokens: number; cost: number };
  /** The largest request with its response. */
  readonly largest: { tokens: number; cost: number };
}

/** Agents in parallel, agents that a tool runs, and a guard that is an agent, in any order of latency, with responses of any length. */
async function runSeeded({ random, limits, most }: SeededFlow): Promise<SpentRun> {
  const largest = { tokens: 0, cost: 0 };
  const billed = { tokens: 0, cost: 0 };
  const createModel = (calls: number) =>
    scriptedModel(
      async ({ messages, max_completion_tokens: room, tools = [] }) => {
        for (let turns = random(4); turns > 0; turns--) await setImmediate();
        const prompt = 20 + random(60);
        const completion = Math.min(1 + random(80), room ?? Number.POSITIVE_INFINITY);
        const cost = (prompt * PRICE.input + completion * PRICE.output) / 1_000_000;
        billed.tokens += prompt + completion;
        billed.cost += cost;
        largest.tokens = Math.max(largest.tokens, prompt + completion);
        largest.cost = Math.max(largest.cost, cost);
        const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
        const asked = messages.filter(({ role }) => role === 'assistant').length;
        return asked < calls && tools.length > 0
          ? respond.call('delegate', {}, { usage })
          : respond.text('Done.', { usage });
      },
      { price: PRICE },
    );
  const settings = most === undefined ? {} : { max_completion_tokens: most };
  const create = (name: string): Agent => new Agent({ name, model: createModel(0), modelSettings: settings });
  const helper = create('helper');
  const delegate = tool({
    name: 'delegate',
    description: 'Delegates.',
    input: z.object({}),
    async execute(_, { run }) {
      const [one] = await Promise.all([run(helper, 'x', { step: 'one' }), run(helper, 'y', { step: 'two' })]);
      return one.output;
    },
  });
  const judged = new Agent({
    name: 'judged',
    model: createModel(random(3)),
    modelSettings: settings,
    tools: [delegate],
    middleware: [
      outputGuard({
        name: 'judge',
        check: async ({ text }, { run }) => {
          await run(helper, text, { step: 'judge' });
          return { type: 'allow' };
        },
      }),
    ],
  });
  const seeded = flow({
    name: 'seeded',
    limits,
    run: async (_: string, { run }) => {
      await run(helper, 'plan', { step: 'plan' });
      await Promise.all(
        Array.from({ length: BRANCHES }, (__, index) => run(judged, `${index}`, { step: `branch-${index}` })),
      );
      return (await run(helper, 'sum', { step: 'sum' })).output;
    },
  });
  return { outcome: await seeded.run('Go.').outcome(), billed, largest };
}

test('a flow never spends more than its limit and what was in flight, over 1,000 seeds', async () => {
  const statuses = new Map<string, number>();
  for (let seed = 1; seed <= 1_000; seed++) {
    const random = createRandom(seed);
    const isCost = random(2) === 0;
    const max = 200 + random(3_000);
    const limits = isCost ? { cost: max / 1_000_000 } : { tokens: max };
    const { outcome, billed, largest } = await runSeeded({ random, limits, ...(random(2) === 0 && { most: 80 }) });
    const spent = isCost ? outcome.usage.cost : outcome.usage.totalTokens;
    const counted = isCost ? billed.cost : billed.tokens;
    const cap = isCost ? max / 1_000_000 : max;
    // Each branch may have two helpers under way.
    const inFlight = 2 * BRANCHES * (isCost ? largest.cost : largest.tokens);
    if (spent > cap + inFlight) throw new Error(`Seed ${seed}: ${spent} was spent of ${cap}, ${inFlight} in flight.`);
    // Requests that were cancelled are counted by an estimate.
    const isCancelled = outcome.usage.estimated;
    if (!isCancelled && Math.abs(spent - counted) > 1e-9)
      throw new Error(`Seed ${seed}: ${spent} of ${counted} is counted.`);
    // A guard that cannot judge within the limit does not let the text pass.
    if (outcome.status === 'failed') expect(outcome.error.cause?.name).toBe('RunLimitedError');
    statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1);
  }
  expect([...statuses.keys()].sort()).toEqual(['completed', 'failed', 'limited']);
  expect(statuses.get('completed')).toBeGreaterThan(100);
  expect(statuses.get('limited')).toBeGreaterThan(100);
});
