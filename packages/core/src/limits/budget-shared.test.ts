import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../event/usage.ts';
import { Budget, type Estimate, type Reservation } from './budget.ts';
import type { ResolvedLimits } from './limits.ts';

const MILLION = 1_000_000;
const NEVER = new AbortController().signal;

/** A request of ten tokens that costs nothing. */
const TEN: Estimate = { inputTokens: 10, outputTokens: undefined, price: undefined };

/** One dollar per output token. */
const DOLLAR_PER_TOKEN = { input: 0, output: MILLION };

describe('hasCostLimit', () => {
  test.each([
    ['the run has a limit on cost', new Budget(limitsOf({ cost: 1 })), true],
    ['the run has a limit on tokens alone', new Budget(limitsOf({ tokens: 1 })), false],
    ['the outer run has a cost limit', new Budget(limitsOf({}), new Budget(limitsOf({ cost: 1 }))), true],
    ['the outer run has only a token limit', new Budget(limitsOf({}), new Budget(limitsOf({ tokens: 1 }))), false],
    ['there is no limit', new Budget(limitsOf({}), new Budget(limitsOf({}))), false],
  ])('if %s', (_, budget, isPaid) => {
    expect(budget.hasCostLimit).toBe(isPaid);
  });
});

describe('hasRequestLimit', () => {
  test.each([
    ['the outer run has a token limit', new Budget(limitsOf({ tokens: 1 })), true],
    ['the outer run has a cost limit', new Budget(limitsOf({ cost: 1 })), true],
    ['the outer run has no limit', new Budget(limitsOf({})), false],
  ])('if %s', (_, outer, isCapped) => {
    expect(insideOf(outer).hasRequestLimit).toBe(isCapped);
  });
});

describe('a nested budget', () => {
  test('reserves in its own and the outer budget', () => {
    const outer = new Budget(limitsOf({ tokens: 100 }));
    const inner = new Budget(limitsOf({ tokens: 90 }), outer);
    inner.reserve({ ...TEN, outputTokens: 50 });
    expect(inner.reserve(TEN)).toMatchObject({ outputTokens: 20, clampedByLimit: 'tokens' });
    expect(outer.reserve({ ...TEN, inputTokens: 4 })).toMatchObject({ outputTokens: 6, clampedByLimit: 'tokens' });
  });

  test('releases in its own and the outer budget', () => {
    const outer = new Budget(limitsOf({ tokens: 100 }));
    const inner = new Budget(limitsOf({ tokens: 90 }), outer);
    inner.release(reserved(inner.reserve({ ...TEN, outputTokens: 50 })));
    const whole = reserved(outer.reserve(TEN));
    expect(whole).toMatchObject({ tokens: 100 });
    outer.release(whole);
    expect(inner.reserve({ ...TEN, outputTokens: 80 })).toMatchObject({ tokens: 90, clampedByLimit: undefined });
  });

  test('refuses by its own limit and reserves nothing in the outer budget', () => {
    const outer = new Budget(limitsOf({ tokens: 100 }));
    const inner = new Budget(limitsOf({ tokens: 10 }), outer);
    expect(inner.reserve(TEN)).toEqual({ type: 'refused', limit: 'tokens', max: 10, spent: 0 });
    expect(outer.reserve(TEN)).toMatchObject({ tokens: 100 });
  });

  test('refuses by the outer limit and keeps no reservation of its own', () => {
    const outer = new Budget(limitsOf({ tokens: 30 }));
    const inner = new Budget(limitsOf({ tokens: 100 }), outer);
    const other = reserved(outer.reserve({ ...TEN, outputTokens: 15 }));
    expect(inner.reserve(TEN)).toEqual({ type: 'refused', limit: 'tokens', max: 30, spent: 0 });
    outer.release(other);
    expect(inner.reserve({ ...TEN, outputTokens: 20 })).toMatchObject({ tokens: 30, clampedByLimit: undefined });
  });

  test('is clamped by the outer limit', () => {
    const inner = new Budget(limitsOf({ tokens: 100 }), new Budget(limitsOf({ tokens: 30 })));
    const outer = { type: 'reserved', tokens: 30, cost: 0, outputTokens: 20, clampedByLimit: 'tokens' };
    expect(inner.reserve({ ...TEN, outputTokens: 50 })).toEqual({
      type: 'reserved',
      tokens: 60,
      cost: 0,
      outputTokens: 20,
      clampedByLimit: 'tokens',
      outer,
    });
  });

  test('passes a request clamped by its own limit to the outer budget', () => {
    const inner = new Budget(limitsOf({ tokens: 30 }), new Budget(limitsOf({ tokens: 100 })));
    const outer = { type: 'reserved', tokens: 30, cost: 0, outputTokens: 20, clampedByLimit: undefined };
    expect(inner.reserve({ ...TEN, outputTokens: 50 })).toEqual({
      ...outer,
      clampedByLimit: 'tokens',
      outer,
    });
  });

  test('passes an unclamped request to the outer budget', () => {
    const inner = new Budget(limitsOf({}), new Budget(limitsOf({})));
    const outer = { type: 'reserved', tokens: 60, cost: 0, outputTokens: 50, clampedByLimit: undefined };
    expect(inner.reserve({ ...TEN, outputTokens: 50 })).toEqual({ ...outer, outer });
  });

  test('passes a request without an output limit to the outer budget', () => {
    const inner = new Budget(limitsOf({}), new Budget(limitsOf({ tokens: 30 })));
    expect(inner.reserve(TEN)).toMatchObject({ outputTokens: 20, clampedByLimit: 'tokens' });
  });

  test('holds uncharged usage in both budgets until it is charged', () => {
    const outer = new Budget(limitsOf({ tokens: 100, cost: 50 }));
    const inner = new Budget(limitsOf({ tokens: 90, cost: 40 }), outer);
    const letGo = inner.hold({ ...NO_USAGE, totalTokens: 20, cost: 20 });
    const held = [inner, outer].map((budget) => roomsOf(budget));
    letGo();
    const free = [inner, outer].map((budget) => roomsOf(budget));
    expect({ held, free }).toEqual({
      held: [
        { tokens: 70, dollars: 20 },
        { tokens: 80, dollars: 30 },
      ],
      free: [
        { tokens: 90, dollars: 40 },
        { tokens: 100, dollars: 50 },
      ],
    });
  });
});

describe('a request at the edge of a limit', () => {
  test.each([
    [
      'accepts a request if one output token is left',
      { tokens: 11 },
      TEN,
      { outputTokens: 1, clampedByLimit: 'tokens' },
    ],
    [
      'accepts a request if the cost limit leaves one output token',
      { cost: 1.25 },
      { ...TEN, price: DOLLAR_PER_TOKEN },
      { outputTokens: 1, clampedByLimit: 'cost' },
    ],
    [
      'does not clamp a response that fits exactly',
      { tokens: 20 },
      { ...TEN, outputTokens: 10 },
      { outputTokens: 10, clampedByLimit: undefined },
    ],
    [
      'names the token limit if both limits are exceeded',
      { tokens: 5, cost: 1 },
      { ...TEN, price: { input: MILLION, output: 0 } },
      { type: 'refused', limit: 'tokens' },
    ],
    [
      'names the token limit if both limits are reached',
      { tokens: 10, cost: 1 },
      { ...TEN, price: { input: MILLION, output: 0 } },
      { type: 'refused', limit: 'tokens' },
    ],
    [
      'refuses a prompt that uses up the cost limit, even if the response is free',
      { cost: 10 },
      { ...TEN, price: { input: MILLION, output: 0 } },
      { type: 'refused', limit: 'cost' },
    ],
    [
      'does not clamp a model without a price by the cost limit',
      { cost: 1 },
      { ...TEN, outputTokens: 7 },
      { outputTokens: 7, clampedByLimit: undefined },
    ],
  ] as readonly (readonly [string, Partial<ResolvedLimits>, Estimate, Partial<Reservation>])[])(
    '%s',
    (_, limits, estimate, reservation) => {
      expect(new Budget(limitsOf(limits)).reserve(estimate)).toMatchObject(reservation);
    },
  );
});

describe('a request without enough free budget', () => {
  test('is clamped at once if no other request is active', async () => {
    const budget = new Budget(limitsOf({ tokens: 30 }));
    budget.release(reserved(await budget.reserveWhenAvailable(TEN, NEVER)));
    expect(await budget.reserveWhenAvailable(TEN, NEVER)).toMatchObject({ outputTokens: 20, clampedByLimit: 'tokens' });
  });

  test('starts at once beside other requests if all of it fits', async () => {
    const budget = new Budget(limitsOf({ tokens: 100 }));
    await budget.reserveWhenAvailable({ ...TEN, outputTokens: 10 }, NEVER);
    const second = await budget.reserveWhenAvailable({ ...TEN, outputTokens: 20 }, NEVER);
    expect(second).toMatchObject({ tokens: 30, clampedByLimit: undefined });
  });

  test.each([
    ['the same budget', (outer: Budget) => [outer, outer] as const],
    [
      'another budget with the same outer budget',
      (outer: Budget) => [insideOf(outer), insideOf(insideOf(outer))] as const,
    ],
    ['a budget inside the waiting one', (outer: Budget) => [insideOf(outer), outer] as const],
    ['the outer budget of the waiting one', (outer: Budget) => [outer, insideOf(outer)] as const],
  ])('waits for an active request in %s', async (_, budgetsOf) => {
    const outer = new Budget(limitsOf({ tokens: 30 }));
    const [one, other] = budgetsOf(outer);
    const first = reserved(await one.reserveWhenAvailable({ ...TEN, outputTokens: 10 }, NEVER));
    const seen: Reservation[] = [];
    const second = other.reserveWhenAvailable({ ...TEN, outputTokens: 20 }, NEVER).then((got) => seen.push(got));
    await turns();
    expect(seen).toEqual([]);
    one.release(first);
    await second;
    expect(seen).toMatchObject([{ tokens: 30, outputTokens: 20, clampedByLimit: undefined }]);
    other.release(reserved(seen[0]));
    expect(outer.reserve({ ...TEN, outputTokens: 20 })).toMatchObject({ tokens: 30, clampedByLimit: undefined });
  });

  test('waits again if a release is too small', async () => {
    const budget = new Budget(limitsOf({ tokens: 40 }));
    const first = reserved(budget.reserve({ ...TEN, outputTokens: 0 }));
    const second = reserved(budget.reserve({ ...TEN, outputTokens: 0 }));
    const seen: Reservation[] = [];
    const third = budget.reserveWhenAvailable({ ...TEN, outputTokens: 30 }, NEVER).then((got) => seen.push(got));
    budget.release(first);
    await turns();
    expect(seen).toEqual([]);
    budget.release(second);
    await third;
    expect(seen).toMatchObject([{ tokens: 40, clampedByLimit: undefined }]);
    budget.release(reserved(seen[0]));
    expect(budget.reserve(TEN)).toMatchObject({ tokens: 40, outputTokens: 30 });
  });

  test('waits if its input does not fit, and reserves nothing meanwhile', async () => {
    const budget = new Budget(limitsOf({ tokens: 40 }));
    const first = reserved(budget.reserve({ ...TEN, outputTokens: 25 }));
    const second = budget.reserveWhenAvailable({ ...TEN, outputTokens: 10 }, NEVER);
    await turns();
    budget.release(first);
    budget.release(reserved(await second));
    expect(budget.reserve(TEN)).toMatchObject({ tokens: 40, outputTokens: 30 });
  });

  test('waits beside other waiting requests, and all continue', async () => {
    const budget = new Budget(limitsOf({ tokens: 30 }));
    const first = reserved(budget.reserve({ ...TEN, outputTokens: 20 }));
    const waiting = [5, 5].map((outputTokens) => budget.reserveWhenAvailable({ ...TEN, outputTokens }, NEVER));
    budget.release(first);
    expect(await Promise.all(waiting)).toMatchObject([{ tokens: 15 }, { tokens: 15 }]);
  });

  test('stops waiting when its run is aborted', async () => {
    const budget = new Budget(limitsOf({ tokens: 20 }));
    budget.reserve({ ...TEN, outputTokens: 10 });
    const controller = new AbortController();
    const second = budget.reserveWhenAvailable(TEN, controller.signal);
    controller.abort(new Error('Enough.'));
    await expect(second).rejects.toThrow('Enough.');
  });
});

/** The reservation of a request without a prompt. */
function roomsOf(budget: Budget): { readonly tokens: number; readonly dollars: number } {
  const reservation = (price: Estimate['price']): number => {
    const got = reserved(budget.reserve({ inputTokens: 0, outputTokens: undefined, price }));
    budget.release(got);
    return got.outputTokens ?? 0;
  };
  return { tokens: reservation(undefined), dollars: reservation(DOLLAR_PER_TOKEN) };
}

function insideOf(outer: Budget): Budget {
  return new Budget(limitsOf({}), outer);
}

function reserved(reservation: Reservation | undefined): Extract<Reservation, { type: 'reserved' }> {
  if (reservation?.type !== 'reserved') throw new Error(`Nothing was reserved: ${JSON.stringify(reservation)}`);
  return reservation;
}

/** Enough turns for everything that does not wait. A request that polls instead of waiting never ends it. */
async function turns(): Promise<void> {
  await setImmediate();
}

function limitsOf(limits: Partial<ResolvedLimits>): ResolvedLimits {
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
