import { expect, test } from 'vitest';
import { describeForModel, isCodeMistake } from './describe-for-model.ts';

const NEUTRAL = 'There is a mistake in the code here. Another call would fail in the same way.';

/** Returns the error that the engine throws for this code. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('It threw nothing.');
}

const none = undefined as unknown as { name: { first: string }; list: number[] };
const frozen: { name?: string } = Object.freeze({ name: 'a' });
const round: Record<string, unknown> = {};
round['self'] = round;

test.each<[string, () => unknown]>([
  ['reads a field of undefined', () => none.name],
  ['reads a field of null', () => (null as unknown as typeof none).name.first],
  ['writes a field of undefined', () => ((none as { name: unknown }).name = 1)],
  [
    'destructures undefined',
    () => {
      const { name } = none;
      return name;
    },
  ],
  ['calls a value that is not a function', () => (round as unknown as { go(): void }).go()],
  ['spreads a value that is not iterable', () => [...(5 as unknown as number[])]],
  ['constructs a value that is not a class', () => new (round as unknown as new () => object)()],
  ['calls a class', () => (class Handle {} as unknown as () => void)()],
  ['reads an undeclared variable', () => (globalThis as unknown as { eval(code: string): unknown }).eval('nowhere.to')],
  ['lists the fields of undefined', () => Object.keys(none)],
  ['mixes a BigInt with a number', () => (5n as unknown as number) + 1],
  ['writes a read-only field', () => (frozen.name = 'b')],
  ['stringifies a circular object', () => JSON.stringify(round)],
  ['stringifies a BigInt', () => JSON.stringify(5n)],
  ['reduces an empty list', () => ([] as number[]).reduce((sum, each) => sum + each)],
  [
    'calls itself without end',
    () => {
      const again = (): number => again() + 1;
      return again();
    },
  ],
])('says only that there is a mistake if the code %s', (_, run) => {
  const error = thrownBy(run);
  expect(isCodeMistake(error)).toBe(true);
  expect(describeForModel(error)).toBe(NEUTRAL);
});

test.each([
  "undefined is not an object (evaluating 'user.name')",
  "user.greet is not a function. (In 'user.greet()', 'user.greet' is undefined)",
  'Attempted to assign to readonly property.',
  'JSON.stringify cannot serialize cyclic structures.',
])('recognizes messages of JavaScriptCore: %s', (message) => {
  expect(describeForModel(new TypeError(message))).toBe(NEUTRAL);
});

test.each([
  ['an error', new Error('The database is away.'), 'The database is away.'],
  ['a type error that was thrown on purpose', new TypeError('The date is in the past.'), 'The date is in the past.'],
  ['a type error of the platform', thrownBy(() => new URL('nowhere')), 'Invalid URL'],
  ['a failed request', new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }), 'fetch failed'],
  ['a range error', thrownBy(() => new Date(Number.NaN).toISOString()), 'Invalid time value'],
  ['invalid JSON', thrownBy(() => JSON.parse('{')), expect.stringContaining('JSON')],
  ['a text', 'away', 'away'],
  ['nothing', undefined, 'undefined'],
  [
    'an object that looks like one',
    { name: 'ReferenceError', message: 'x' },
    '{"name":"ReferenceError","message":"x"}',
  ],
])('returns the message of %s', (_, error, message) => {
  expect(describeForModel(error)).toEqual(message);
});

test('replaces the quoted message of a code mistake in an error', () => {
  const cause = thrownBy(() => none.name);
  const wrapped = new Error(`Guard "g" failed: ${(cause as Error).message}`, {
    cause: new Error('between', { cause }),
  });
  expect(describeForModel(wrapped)).toBe('Guard "g" failed: there is a mistake in its code');
});

test('does not throw for an unreadable value or circular causes', () => {
  const { proxy, revoke } = Proxy.revocable(new Error('gone'), {});
  revoke();
  expect(describeForModel(proxy)).toBe('the thrown value cannot be read');
  const one = new Error('one');
  const other = new Error('other', { cause: one });
  one.cause = other;
  expect(describeForModel(one)).toBe('one');
});
