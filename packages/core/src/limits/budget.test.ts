import { expect, test } from 'vitest';
import { createRandom, type Random } from '../../../../test/loop/random.ts';
import { NO_USAGE, type Usage } from '../event/usage.ts';
import type { Price } from '../model/chat-model.ts';
import { Budget, computeCost, type Estimate } from './budget.ts';
import type { ResolvedLimits } from './limits.ts';

/** One dollar per million input tokens, four per million output tokens. */
const price: Price = { input: 1, output: 4 };
const MILLION = 1_000_000;

test.each([
  ['tokens', { tokens: 1 }, true],
  ['cost', { cost: 1 }, true],
  ['turns alone', { turns: 1 }, false],
  ['nothing', {}, false],
])('a limit on %s requires estimates: %o', (_, limits, isCapped) => {
  expect(new Budget(capped(limits)).hasRequestLimit).toBe(isCapped);
});

interface Row {
  readonly name: string;
  readonly limits: Partial<ResolvedLimits>;
  readonly spent?: Partial<Usage>;
  readonly estimate: Partial<Estimate>;
  readonly reservation: unknown;
}

const rows: readonly Row[] = [
  {
    name: 'does not clamp a request that fits',
    limits: { tokens: 100 },
    estimate: { inputTokens: 40, outputTokens: 50 },
    reservation: { type: 'reserved', tokens: 90, cost: 0, outputTokens: 50, clampedByLimit: undefined },
  },
  {
    name: 'gives an unlimited response the remaining tokens',
    limits: { tokens: 100 },
    spent: { totalTokens: 20 },
    estimate: { inputTokens: 40 },
    reservation: { type: 'reserved', tokens: 80, cost: 0, outputTokens: 40, clampedByLimit: 'tokens' },
  },
  {
    name: 'clamps a response that may exceed the remaining tokens',
    limits: { tokens: 100 },
    estimate: { inputTokens: 90, outputTokens: 50 },
    reservation: { type: 'reserved', tokens: 100, cost: 0, outputTokens: 10, clampedByLimit: 'tokens' },
  },
  {
    name: 'refuses a prompt that leaves no output tokens',
    limits: { tokens: 100 },
    spent: { totalTokens: 60 },
    estimate: { inputTokens: 40 },
    reservation: { type: 'refused', limit: 'tokens', max: 100, spent: 60 },
  },
  {
    name: 'refuses less than one output token',
    limits: { tokens: 40.5 },
    estimate: { inputTokens: 40 },
    reservation: { type: 'refused', limit: 'tokens', max: 40.5, spent: 0 },
  },
  {
    name: 'spends the cost that the input leaves on output',
    limits: { cost: 5 },
    estimate: { inputTokens: MILLION, price },
    reservation: { type: 'reserved', tokens: 2 * MILLION, cost: 5, outputTokens: MILLION, clampedByLimit: 'cost' },
  },
  {
    name: 'refuses a prompt that costs the whole limit',
    limits: { cost: 1 },
    spent: { cost: 0.5 },
    estimate: { inputTokens: MILLION / 2, price },
    reservation: { type: 'refused', limit: 'cost', max: 1, spent: 0.5 },
  },
  {
    name: 'refuses a cost that pays for less than one output token',
    limits: { cost: 1.000001 },
    estimate: { inputTokens: MILLION, price },
    reservation: { type: 'refused', limit: 'cost', max: 1.000001, spent: 0 },
  },
  {
    name: 'clamps by the nearer limit',
    limits: { cost: 5, tokens: MILLION + 10 },
    estimate: { inputTokens: MILLION, price },
    reservation: { type: 'reserved', tokens: MILLION + 10, cost: 1.00004, outputTokens: 10, clampedByLimit: 'tokens' },
  },
  {
    name: 'does not clamp free output by the cost limit',
    limits: { cost: 5 },
    estimate: { inputTokens: MILLION, outputTokens: 7, price: { input: 1, output: 0 } },
    reservation: { type: 'reserved', tokens: MILLION + 7, cost: 1, outputTokens: 7, clampedByLimit: undefined },
  },
];

test.each(rows)('$name', ({ limits, spent = {}, estimate, reservation }) => {
  const budget = new Budget(capped(limits));
  budget.charge({ ...NO_USAGE, ...spent });
  const whole = { inputTokens: 0, outputTokens: undefined, price: undefined, ...estimate };
  expect(budget.reserve(whole)).toEqual(reservation);
});

test('a reserved amount is unavailable until it is released', () => {
  const budget = new Budget(capped({ tokens: 100 }));
  const ask = (outputTokens: number) => budget.reserve({ inputTokens: 10, outputTokens, price: undefined });
  const first = ask(50);
  expect(ask(60)).toMatchObject({ outputTokens: 30, clampedByLimit: 'tokens' });
  expect(ask(1)).toEqual({ type: 'refused', limit: 'tokens', max: 100, spent: 0 });
  if (first.type === 'reserved') budget.release(first);
  budget.charge({ ...NO_USAGE, totalTokens: 20 });
  expect(ask(90)).toMatchObject({ outputTokens: 30, clampedByLimit: 'tokens' });
});

test.each([
  [{ inputTokens: MILLION, cachedInputTokens: 0, outputTokens: MILLION }, price, 5],
  [{ inputTokens: MILLION, cachedInputTokens: MILLION / 2, outputTokens: 0 }, { ...price, cachedInput: 0.5 }, 0.75],
  [{ inputTokens: MILLION, cachedInputTokens: MILLION / 2, outputTokens: 0 }, price, 1],
  [{ inputTokens: 0, cachedInputTokens: MILLION, outputTokens: 0 }, { ...price, cachedInput: 0.5 }, 0.5],
  [{ inputTokens: MILLION, cachedInputTokens: 0, outputTokens: MILLION }, undefined, 0],
])('%o at %o costs %d dollars', (usage, at, dollars) => {
  expect(computeCost(usage, at)).toBe(dollars);
});

test('parallel requests never spend more than a limit', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = createRandom(seed);
    const limits = capped({
      tokens: random(4) === 0 ? Number.POSITIVE_INFINITY : 1 + random(5_000),
      cost: random(4) === 0 ? Number.POSITIVE_INFINITY : (1 + random(5_000)) / MILLION,
    });
    const { tokens, cost } = spendAll(new Budget(limits), random);
    expect({ seed, over: tokens > limits.tokens || cost > limits.cost + 1e-12 }).toEqual({ seed, over: false });
  }
});

/** Requests begin and end in any order; each uses at most what was reserved for it. */
function spendAll(budget: Budget, random: Random): { readonly tokens: number; readonly cost: number } {
  const total = { tokens: 0, cost: 0 };
  const open: (() => void)[] = [];
  for (let i = 0; i < 60; i++) {
    if (random(2) === 0) open.splice(random(open.length), 1)[0]?.();
    const price: Price = { input: random(4), output: random(4), cachedInput: 0 };
    const inputTokens = random(400);
    const outputTokens = random(2) === 0 ? undefined : random(400);
    const reservation = budget.reserve({ inputTokens, outputTokens, price });
    if (reservation.type === 'refused') continue;
    const most = reservation.clampedByLimit === undefined ? (outputTokens ?? 0) : (reservation.outputTokens ?? 0);
    open.push(() => {
      const used = { inputTokens, cachedInputTokens: 0, outputTokens: random(most + 1) };
      const totalTokens = inputTokens + used.outputTokens;
      const cost = computeCost(used, price);
      budget.charge({ ...NO_USAGE, ...used, totalTokens, cost });
      budget.release(reservation);
      total.tokens += totalTokens;
      total.cost += cost;
    });
  }
  for (const end of open) end();
  return total;
}

function capped(limits: Partial<ResolvedLimits>): ResolvedLimits {
  const none = Number.POSITIVE_INFINITY;
  return {
    turns: 20,
    toolCalls: none,
    handoffs: 10,
    requests: none,
    tokens: none,
    cost: none,
    durationMs: none,
    ...limits,
  };
}
