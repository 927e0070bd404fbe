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

test('an error becomes data: its name, words, code and plain fields, and so do its causes', () => {
  const root = Object.assign(new TypeError('root'), { code: 'ECONNRESET', secret: 'not ours, not told' });
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
])('an error whose cause is %s is told without going round', (_, make, messages) => {
  const told = (data: ErrorData | undefined): readonly string[] =>
    data === undefined ? [] : [data.message, ...told(data.cause)];
  expect(told(toErrorData(make()))).toEqual(messages);
});

test.each([
  ['a text', 'broke', 'broke'],
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['an object', { status: 500 }, '{"status":500}'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['a bigint', 5n, '[object BigInt]'],
  ['a function', () => 1, '() => 1'],
])('what is thrown need not be an error: %s', (_, thrown, message) => {
  expect(toErrorData(thrown)).toEqual({ name: 'Error', message, stack: expect.any(String) });
});

test('an object that goes round is told by its kind', () => {
  const round: Record<string, unknown> = {};
  round['self'] = round;
  expect(getErrorMessage(round)).toBe('[object Object]');
});

test('an error without words is told by its name', () => {
  expect([getErrorMessage(new RangeError()), getErrorMessage(new RangeError('Too far.'))]).toEqual([
    'RangeError',
    'Too far.',
  ]);
});

test('in this process the data leads back to the very error', () => {
  const error = new Error('broke');
  expect(toError(toErrorData(error))).toBe(error);
});

test('elsewhere it becomes an error of the same name, words, code and fields', () => {
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
