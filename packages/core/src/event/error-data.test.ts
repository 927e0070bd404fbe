import { expect, test } from 'vitest';
import { ConfigError, PawlError } from '../base/errors.ts';
import { ProtocolError } from '../chat/errors.ts';
import { type ErrorData, getErrorMessage, toError, toErrorData } from './error-data.ts';

class QuotaError extends PawlError {
  override readonly name = 'QuotaError';
  readonly left = 3;
  readonly reset = { at: [1, 2], by: 'noon' };
  readonly nothing = undefined;
  readonly when = new Date(0);
  readonly hidden = (): void => {};
}

test('error data has the name, message, code and plain fields of an error and of its causes', () => {
  const root = Object.assign(new TypeError('root'), { code: 'ECONNRESET', secret: 'not a field of a PawlError' });
  const error = new QuotaError('No more.', { code: 'quota.spent', cause: new ConfigError('Wrong.', { cause: root }) });
  expect(toErrorData(error)).toEqual({
    name: 'QuotaError',
    message: 'No more.',
    code: 'quota.spent',
    stack: error.stack,
    details: { left: 3, reset: { at: [1, 2], by: 'noon' } },
    cause: {
      name: 'ConfigError',
      message: 'Wrong.',
      code: 'config.invalid',
      stack: expect.stringContaining('Wrong.'),
      cause: { name: 'TypeError', message: 'root', code: 'ECONNRESET', stack: root.stack },
    },
  });
});

test('error data is JSON', () => {
  const data = toErrorData(new ProtocolError('Garbage.', { code: 'response.garbage', received: '<html>' }));
  expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  expect(data.details).toEqual({ retryable: true, received: '<html>' });
});

test.each([
  ['itself', () => causing((error) => error), ['outer']],
  ['an error that it caused', () => causing((error) => new Error('between', { cause: error })), ['outer', 'between']],
])('stops at a circular cause: %s', (_, make, messages) => {
  const listMessages = (data: ErrorData | undefined): readonly string[] =>
    data === undefined ? [] : [data.message, ...listMessages(data.cause)];
  expect(listMessages(toErrorData(make()))).toEqual(messages);
});

test.each([
  ['a text', 'broke', 'broke'],
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['an object', { status: 500 }, '{"status":500}'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['a bigint', 5n, '[object BigInt]'],
  ['a function', () => 1, '() => 1'],
])('converts a thrown value that is not an Error: %s', (_, thrown, message) => {
  expect(toErrorData(thrown)).toEqual({ name: 'Error', message, stack: expect.any(String) });
});

test('describes a circular object by its type', () => {
  const round: Record<string, unknown> = {};
  round['self'] = round;
  expect(getErrorMessage(round)).toBe('[object Object]');
});

test('describes an error without a message by its name', () => {
  expect([getErrorMessage(new RangeError()), getErrorMessage(new RangeError('Too far.'))]).toEqual([
    'RangeError',
    'Too far.',
  ]);
});

test('toError returns the original error in the same process', () => {
  const error = new Error('broke');
  expect(toError(toErrorData(error))).toBe(error);
});

test('toError makes an error with the same name, message, code and fields in another process', () => {
  const error = new QuotaError('No more.', { code: 'quota.spent', cause: new Error('root') });
  const data = structuredClone(toErrorData(error));
  const again = toError(data);
  expect(again).not.toBe(error);
  expect(toErrorData(again)).toEqual({
    name: 'QuotaError',
    message: 'No more.',
    code: 'quota.spent',
    stack: error.stack,
    cause: { name: 'Error', message: 'root', stack: expect.any(String) },
  });
  expect(again).toMatchObject({ left: 3, reset: { at: [1, 2], by: 'noon' } });
});

function causing(make: (error: Error) => Error): Error {
  const error = new Error('outer');
  error.cause = make(error);
  return error;
}
