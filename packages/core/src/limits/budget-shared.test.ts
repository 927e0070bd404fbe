import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../event/usage.ts';
import { Budget, type Estimate, type Reservation } from './budget.ts';
import type { ResolvedLimits } from './limits.ts';

const MILLION = 1_000_000;
const NEVER = new AbortController().signal;

/** A request of ten tokens that costs nothing. */
const TEN: Estimate = { inputTokens: 10, outputTokens: undefined, price: undefined };

/** A dollar for a token of the reply. */
const DOLLAR_PER_TOKEN = { input: 0, output: MILLION };

describe('a request has to be paid for', () => {
  test.each([
    ['the run has a limit on cost', new Budget(limitsOf({ cost: 1 })), true],
    ['the run has a limit on tokens alone', new Budget(limitsOf({ tokens: 1 })), false],
    ['the run around it has one on cost', new Budget(limitsOf({}), new Budget(limitsOf({ cost: 1 }))), true],
    ['the run around it has one on tokens', new Budget(limitsOf({}), new Budget(limitsOf({ tokens: 1 }))), false],
    ['there is no limit', new Budget(limitsOf({}), new Budget(limitsOf({}))), false],
  ])('if %s', (_, budget, isPaid) => {
    expect(budget.isPaid).toBe(isPaid);
  });
});

describe('a request has to be estimated', () => {
  test.each([
    ['the run around it has a limit on tokens', new Budget(limitsOf({ tokens: 1 })), true],
    ['the run around it has one on cost', new Budget(limitsOf({ cost: 1 })), true],
    ['the run around it has none', new Budget(limitsOf({})), false],
  ])('if %s', (_, around, isCapped) => {
    expect(insideOf(around).isCapped).toBe(isCapped);
  });
});

describe('a budget inside another', () => {
  test('reserves in both', () => {
    const outer = new Budget(limitsOf({ tokens: 100 }));
    const inner = new Budget(limitsOf({ tokens: 90 }), outer);
    inner.reserve({ ...TEN, outputTokens: 50 });
    expect(inner.reserve(TEN)).toMatchObject({ outputTokens: 20, clampedByLimit: 'tokens' });
    expect(outer.reserve({ ...TEN, inputTokens: 4 })).toMatchObject({ outputTokens: 6, clampedByLimit: 'tokens' });
  });

  test('gives back in both', () => {
    const outer = new Budget(limitsOf({ tokens: 100 }));
    const inner = new Budget(limitsOf({ tokens: 90 }), outer);
    inner.release(reserved(inner.reserve({ ...TEN, outputTokens: 50 })));
    const whole = reserved(outer.reserve(TEN));
    expect(whole).toMatchObject({ tokens: 100 });
    outer.release(whole);
    expect(inner.reserve({ ...TEN, outputTokens: 80 })).toMatchObject({ tokens: 90, clampedByLimit: undefined });
  });

  test('is refused by its own limit, and reserves nothing outside', () => {
    const outer = new Budget(limitsOf({ tokens: 100 }));
    const inner = new Budget(limitsOf({ tokens: 10 }), outer);
    expect(inner.reserve(TEN)).toEqual({ type: 'refused', limit: 'tokens', max: 10, spent: 0 });
    expect(outer.reserve(TEN)).toMatchObject({ tokens: 100 });
  });

  test('is refused by the limit around it, and keeps nothing reserved of its own', () => {
    const outer = new Budget(limitsOf({ tokens: 30 }));
    const inner = new Budget(limitsOf({ tokens: 100 }), outer);
    const other = reserved(outer.reserve({ ...TEN, outputTokens: 15 }));
    expect(inner.reserve(TEN)).toEqual({ type: 'refused', limit: 'tokens', max: 30, spent: 0 });
    outer.release(other);
    expect(inner.reserve({ ...TEN, outputTokens: 20 })).toMatchObject({ tokens: 30, clampedByLimit: undefined });
  });

  test('is clamped by the limit around it', () => {
    const inner = new Budget(limitsOf({ tokens: 100 }), new Budget(limitsOf({ tokens: 30 })));
    const around = { type: 'reserved', tokens: 30, cost: 0, outputTokens: 20, clampedByLimit: 'tokens' };
    expect(inner.reserve({ ...TEN, outputTokens: 50 })).toEqual({
      type: 'reserved',
      tokens: 60,
      cost: 0,
      outputTokens: 20,
      clampedByLimit: 'tokens',
      around,
    });
  });

  test('passes on what its own limit leaves of a request', () => {
    const inner = new Budget(limitsOf({ tokens: 30 }), new Budget(limitsOf({ tokens: 100 })));
    const around = { type: 'reserved', tokens: 30, cost: 0, outputTokens: 20, clampedByLimit: undefined };
    expect(inner.reserve({ ...TEN, outputTokens: 50 })).toEqual({
      ...around,
      clampedByLimit: 'tokens',
      around,
    });
  });

  test('passes on a request that its own limit leaves as it is', () => {
    const inner = new Budget(limitsOf({}), new Budget(limitsOf({})));
    const around = { type: 'reserved', tokens: 60, cost: 0, outputTokens: 50, clampedByLimit: undefined };
    expect(inner.reserve({ ...TEN, outputTokens: 50 })).toEqual({ ...around, around });
  });

  test('passes on a request whose response has no limit', () => {
    const inner = new Budget(limitsOf({}), new Budget(limitsOf({ tokens: 30 })));
    expect(inner.reserve(TEN)).toMatchObject({ outputTokens: 20, clampedByLimit: 'tokens' });
  });

  test('holds in both what was used and not charged yet, until it is charged', () => {
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
    ['one token of room is enough', { tokens: 11 }, TEN, { outputTokens: 1, clampedByLimit: 'tokens' }],
    [
      'money for one token is enough',
      { cost: 1.25 },
      { ...TEN, price: DOLLAR_PER_TOKEN },
      { outputTokens: 1, clampedByLimit: 'cost' },
    ],
    [
      'a response that fits exactly is not clamped',
      { tokens: 20 },
      { ...TEN, outputTokens: 10 },
      { outputTokens: 10, clampedByLimit: undefined },
    ],
    [
      'of two limits that are both exceeded, tokens are named',
      { tokens: 5, cost: 1 },
      { ...TEN, price: { input: MILLION, output: 0 } },
      { type: 'refused', limit: 'tokens' },
    ],
    [
      'of two limits that are both reached, tokens are named',
      { tokens: 10, cost: 1 },
      { ...TEN, price: { input: MILLION, output: 0 } },
      { type: 'refused', limit: 'tokens' },
    ],
    [
      'a prompt that takes the last money is refused, even if the response is free',
      { cost: 10 },
      { ...TEN, price: { input: MILLION, output: 0 } },
      { type: 'refused', limit: 'cost' },
    ],
    [
      'a model without a price is not clamped by money',
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

describe('a request that finds too little room', () => {
  test('is clamped at once if no other request is under way', async () => {
    const budget = new Budget(limitsOf({ tokens: 30 }));
    budget.release(reserved(await budget.reserveInTurn(TEN, NEVER)));
    expect(await budget.reserveInTurn(TEN, NEVER)).toMatchObject({ outputTokens: 20, clampedByLimit: 'tokens' });
  });

  test('starts at once beside others if all of it fits', async () => {
    const budget = new Budget(limitsOf({ tokens: 100 }));
    await budget.reserveInTurn({ ...TEN, outputTokens: 10 }, NEVER);
    const second = await budget.reserveInTurn({ ...TEN, outputTokens: 20 }, NEVER);
    expect(second).toMatchObject({ tokens: 30, clampedByLimit: undefined });
  });

  test.each([
    ['the same budget', (outer: Budget) => [outer, outer] as const],
    ['a budget around both', (outer: Budget) => [insideOf(outer), insideOf(insideOf(outer))] as const],
    ['a budget inside the one that waits', (outer: Budget) => [insideOf(outer), outer] as const],
    ['a budget around the one that waits', (outer: Budget) => [outer, insideOf(outer)] as const],
  ])('waits for a request under way in %s', async (_, budgetsOf) => {
    const outer = new Budget(limitsOf({ tokens: 30 }));
    const [one, other] = budgetsOf(outer);
    const first = reserved(await one.reserveInTurn({ ...TEN, outputTokens: 10 }, NEVER));
    const seen: Reservation[] = [];
    const second = other.reserveInTurn({ ...TEN, outputTokens: 20 }, NEVER).then((got) => seen.push(got));
    await turns();
    expect(seen).toEqual([]);
    one.release(first);
    await second;
    expect(seen).toMatchObject([{ tokens: 30, outputTokens: 20, clampedByLimit: undefined }]);
    other.release(reserved(seen[0]));
    expect(outer.reserve({ ...TEN, outputTokens: 20 })).toMatchObject({ tokens: 30, clampedByLimit: undefined });
  });

  test('waits again if what was given back is too little', async () => {
    const budget = new Budget(limitsOf({ tokens: 40 }));
    const first = reserved(budget.reserve({ ...TEN, outputTokens: 0 }));
    const second = reserved(budget.reserve({ ...TEN, outputTokens: 0 }));
    const seen: Reservation[] = [];
    const third = budget.reserveInTurn({ ...TEN, outputTokens: 30 }, NEVER).then((got) => seen.push(got));
    budget.release(first);
    await turns();
    expect(seen).toEqual([]);
    budget.release(second);
    await third;
    expect(seen).toMatchObject([{ tokens: 40, clampedByLimit: undefined }]);
    budget.release(reserved(seen[0]));
    expect(budget.reserve(TEN)).toMatchObject({ tokens: 40, outputTokens: 30 });
  });

  test('waits if even its prompt does not fit, and leaves nothing reserved meanwhile', async () => {
    const budget = new Budget(limitsOf({ tokens: 40 }));
    const first = reserved(budget.reserve({ ...TEN, outputTokens: 25 }));
    const second = budget.reserveInTurn({ ...TEN, outputTokens: 10 }, NEVER);
    await turns();
    budget.release(first);
    budget.release(reserved(await second));
    expect(budget.reserve(TEN)).toMatchObject({ tokens: 40, outputTokens: 30 });
  });

  test('waits beside others that wait, and all go on', async () => {
    const budget = new Budget(limitsOf({ tokens: 30 }));
    const first = reserved(budget.reserve({ ...TEN, outputTokens: 20 }));
    const waiting = [5, 5].map((outputTokens) => budget.reserveInTurn({ ...TEN, outputTokens }, NEVER));
    budget.release(first);
    expect(await Promise.all(waiting)).toMatchObject([{ tokens: 15 }, { tokens: 15 }]);
  });

  test('stops waiting when its run is aborted', async () => {
    const budget = new Budget(limitsOf({ tokens: 20 }));
    budget.reserve({ ...TEN, outputTokens: 10 });
    const controller = new AbortController();
    const second = budget.reserveInTurn(TEN, controller.signal);
    controller.abort(new Error('Enough.'));
    await expect(second).rejects.toThrow('Enough.');
  });
});

/** What a request without a prompt may have of a budget. */
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

/** Long enough for whatever does not wait. A request that asks again and again instead of waiting never ends it. */
async function turns(): Promise<void> {
  await setImmediate();
}

function limitsOf(limits: Partial<ResolvedLimits>): ResolvedLimits {
  const none = Number.POSITIVE_INFINITY;
  return { turns: 20, toolCalls: none, handoffs: 10, tokens: none, cost: none, durationMs: none, ...limits };
}
