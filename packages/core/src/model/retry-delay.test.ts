import { expect, test } from 'vitest';
import { PawlError } from '../base/errors.ts';
import { ModelError } from '../chat/errors.ts';
import { resolveRetryPolicy } from './attempts.ts';
import { HttpError } from './errors.ts';
import { computeRetryDelay } from './retry-delay.ts';

const policy = resolveRetryPolicy({ maxAttempts: 10, initialDelayMs: 500, maxDelayMs: 3000 });
const passing = new ModelError('busy', { code: 'test.busy' });

function delays(error: unknown): readonly (number | undefined)[] {
  return [1, 2, 3, 4, 9, 10].map((failures) => computeRetryDelay(error, { failures, policy, random: () => 0.5 }));
}

test('delays double up to maxDelayMs, are random from 0, and end with the attempts', () => {
  expect(delays(passing)).toEqual([250, 500, 1000, 1500, 1500, undefined]);
});

test('uses the delay that the server asks for', () => {
  expect(delays(new HttpError('', { status: 429, retryAfterMs: 7000 }))).toEqual([
    7000,
    7000,
    7000,
    7000,
    7000,
    undefined,
  ]);
});

test('does not retry if the server asks for more than maxRetryAfterMs', () => {
  expect(delays(new HttpError('', { status: 429, retryAfterMs: 60_001 }))).toEqual(Array(6).fill(undefined));
});

test.each([
  ['an error that is not retryable', new ModelError('', { code: 'test.final', retryable: false })],
  ['an error that is not a ModelError', new TypeError('fetch failed')],
  ['an error with retryable: true that is not a ModelError', Object.assign(new Error('busy'), { retryable: true })],
  ['a PawlError that is not a ModelError', new PawlError('wrong', { code: 'test.wrong' })],
  ['null', null],
  ['a thrown text', 'fetch failed'],
])('does not retry after %s', (_, error) => {
  expect(delays(error)).toEqual(Array(6).fill(undefined));
});

test('reads the fields of an error from another copy of core', () => {
  const foreign = Object.assign(new Error('busy'), { [Symbol.for('pawl.PawlError')]: true, retryable: true });
  expect(delays(foreign)).toEqual(delays(passing));
});
