import { expect, test } from 'vitest';
import { ModelError } from '../chat/errors.ts';
import { ContextLengthError, collectModelErrorDetails, HttpError, NetworkError } from './errors.ts';

const tooLong = new ContextLengthError('Too long.', { status: 400 });

test('isInstance recognizes only errors of its own class', () => {
  expect(ContextLengthError.isInstance(tooLong)).toBe(true);
  expect(ContextLengthError.isInstance(new HttpError('Busy.', { status: 429 }))).toBe(false);
  expect(HttpError.isInstance(tooLong)).toBe(false);
  expect(ModelError.isInstance(tooLong)).toBe(true);
});

test('staleSocket is false by default', () => {
  const error = new NetworkError('Broken.', { code: 'network.reset', address: 'host:1', phase: 'request' });
  expect(error.staleSocket).toBe(false);
});

test('omits missing details and details that are not plain values', () => {
  expect(collectModelErrorDetails(new HttpError('Busy.', { status: 429 }))).toStrictEqual({
    retryable: true,
    status: 429,
  });
  const odd = Object.assign(new ModelError('Odd.', { code: 'test.odd' }), { status: [429], received: null });
  expect(collectModelErrorDetails(odd)).toStrictEqual({ retryable: true });
});
