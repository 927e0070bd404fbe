import { expect, test } from 'vitest';
import { classifyError } from './classify-error.ts';
import { readRetryWait, readWait } from './retry-wait.ts';
import { readServerError } from './server-error.ts';

test('reads all parts of an error, from any field', () => {
  const raw = JSON.stringify({ error: { message: 'Inner.', code: 'inner', failed_generation: 'x' } });
  const read = readServerError([{ error: { message: 'Outer.', type: 'outer', param: 'tools', metadata: { raw } } }]);
  expect(read).toMatchObject({ codes: ['outer', 'inner'], param: 'tools', failedGeneration: 'x' });
  expect(read.text).toBe(`Outer.\n${raw}\nInner.`);
});

test.each(['message', 'msg', 'error', 'detail', 'status_msg', 'error_msg', 'error_message', 'raw', 'title'])(
  'reads the words of an error in %s',
  (name) => {
    expect(readServerError({ [name]: 'No.' }).text).toBe('No.');
  },
);

test.each([
  'code',
  'type',
  'status',
  'status_code',
  'error_code',
  'error_type',
  'reason',
  'blockReason',
  'block_reason',
])('reads the code of an error in %s', (name) => {
  expect(readServerError({ [name]: 'nope' }).codes).toEqual(['nope']);
});

const INNER = ['error', 'errors', 'detail', 'details', 'message', 'metadata', 'raw', 'headers', 'innererror'];

test.each([...INNER, 'inner_error', 'base_resp', 'promptFeedback', 'prompt_feedback'])(
  'reads an error inside %s',
  (name) => {
    expect(readServerError({ [name]: { code: 'nope' } }).codes).toEqual(['nope']);
  },
);

test('finds no code in an error that names none', () => {
  expect(readServerError({ error: { message: 'No.' } }).codes).toEqual([]);
});

test('takes the first failed generation that is not blank, as JSON if it is not a text', () => {
  const inner = { failed_generation: { name: 'look' } };
  expect(readServerError({ error: { failed_generation: ' ', details: [inner] } }).failedGeneration).toBe(
    '{"name":"look"}',
  );
  expect(readServerError({ error: { failed_generation: ' ' } }).failedGeneration).toBeUndefined();
});

test('reads no JSON in a text of more than 256 KiB', () => {
  const text = '{"error":{"message":"No."}}';
  expect(readServerError(text.padEnd(256 * 1024)).layers.length).toBe(2);
  expect(readServerError(text.padEnd(256 * 1024 + 1)).layers).toEqual([]);
});

test('reads the code of an error that Python wrote into a message', () => {
  const message = "Error code: 400 - {'error': {'message': 'No.', 'code': 'content_filter'}}";
  expect(readServerError({ error: { message } }).codes).toContain('content_filter');
});

test('reads the codes of a body that was cut', () => {
  expect(readServerError('{"error":{"code":"tool_use_failed","failed_generation":"abc').codes).toEqual([
    'tool_use_failed',
  ]);
});

test('ignores JSON in a message that is not an error', () => {
  const message = 'error parsing tool call: raw=\'{"code":"content_filter","retry_after":5}\', err=x';
  const read = readServerError({ error: message });
  expect(classifyError(read)).toBe('malformed');
  expect(readRetryWait({ ...read, text: '' })).toBeUndefined();
});

let nested: unknown = { message: 'deep', code: 'content_filter' };
for (let depth = 0; depth < 5_000; depth++) nested = { error: nested };

test.each([
  undefined,
  null,
  0,
  '',
  '{',
  '[[[[',
  [],
  [[[]]],
  [null],
  {},
  { error: null },
  { error: [[{}]] },
  { error: { message: {} } },
  { errors: Array(10_000).fill({ message: 'No.' }) },
  { error: { constructor: 1, toString: 2, __proto__: 3 } },
  { message: `{"error"${'{"error"'.repeat(10_000)}` },
  { message: '1'.repeat(100_000) },
  { message: "raw='".repeat(10_000) },
  { message: 'retry in 1 s and 1 s and '.repeat(5_000) },
  nested,
])('reads any value without throwing: case %#', (error) => {
  const read = readServerError(error);
  expect(classifyError(read)).not.toBe('filtered');
  expect(() => readRetryWait(read)).not.toThrow();
});

test('reads six nested objects', () => {
  expect(readServerError(nested).layers.length).toBe(6);
});

test.each([
  ['7.4s', { afterMs: 7_400 }],
  ['1m30.5s', { afterMs: 90_500 }],
  ['6m0s', { afterMs: 360_000 }],
  ['20ms', { afterMs: 20 }],
  ['1h', { afterMs: 3_600_000 }],
  ['2 minutes and 5 seconds', { afterMs: 125_000 }],
  ['250毫秒', { afterMs: 250 }],
  ['2分钟', { afterMs: 120_000 }],
  ['1小时', { afterMs: 3_600_000 }],
  ['2 days', { afterMs: 172_800_000 }],
  ['26', { afterMs: 26_000 }],
  ['5'.padStart(100, '0'), { afterMs: 5_000 }],
  ['5'.padStart(101, '0'), undefined],
  [0, { afterMs: 0 }],
  [1_767_225_600, { atMs: 1_767_225_600_000 }],
  ['1767225600000', { atMs: 1_767_225_600_000 }],
  ['2026-01-01T00:00:00Z', { atMs: 1_767_225_600_000 }],
  [{ seconds: '7', nanos: 5e8 }, { afterMs: 7_500 }],
  ['soon', undefined],
  ['-5', undefined],
  [-5, undefined],
  [Number.NaN, undefined],
  [{}, undefined],
  [null, undefined],
])('reads %j as a wait', (value, expected) => {
  expect(readWait(value)).toEqual(expected);
});

test.each([
  [250, { afterMs: 250 }],
  ['250', { afterMs: 250 }],
  [0, { afterMs: 0 }],
  ['soon', undefined],
  [-5, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [null, undefined],
  [[7], undefined],
])('reads %j in retry_after_ms as milliseconds', (value, expected) => {
  expect(readRetryWait({ layers: [{ retry_after_ms: value }], text: '' })).toEqual(expected);
});

test.each([
  ['Please try again at 2026-01-01 00:00:09 UTC.', { atMs: 1_767_225_609_000 }],
  ['Please try again at 2026-01-01T00:00:09Z.', { atMs: 1_767_225_609_000 }],
  ['Please try again at  2026-01-01T00:00:09+00:00.', { atMs: 1_767_225_609_000 }],
  ['请在 15 秒后重试', { afterMs: 15_000 }],
  ['Please try again later.', undefined],
])('reads the wait in: %s', (text, expected) => {
  expect(readRetryWait({ layers: [], text })).toEqual(expected);
});
