import { expect, test } from 'vitest';
import { ModelError } from '../chat/errors.ts';
import { ContextLengthError, HttpError, modelErrorDetails, NetworkError } from './errors.ts';

const tooLong = new ContextLengthError('Too long.', { status: 400 });

test('recognises an error of its class alone', () => {
  expect(ContextLengthError.isInstance(tooLong)).toBe(true);
  expect(ContextLengthError.isInstance(new HttpError('Busy.', { status: 429 }))).toBe(false);
  expect(HttpError.isInstance(tooLong)).toBe(false);
  expect(ModelError.isInstance(tooLong)).toBe(true);
});

test('a connection is not stale unless the transport says so', () => {
  const error = new NetworkError('Broken.', { code: 'network.reset', address: 'host:1', phase: 'request' });
  expect(error.staleSocket).toBe(false);
});

test('leaves out details that an error does not have, and those that are no plain values', () => {
  expect(modelErrorDetails(new HttpError('Busy.', { status: 429 }))).toStrictEqual({ retryable: true, status: 429 });
  const odd = Object.assign(new ModelError('Odd.', { code: 'test.odd' }), { status: [429], received: null });
  expect(modelErrorDetails(odd)).toStrictEqual({ retryable: true });
});
