import { expect, test } from 'vitest';
import { copyJson } from './copy-json.ts';
import { ConfigError } from './errors.ts';

const METADATA = { where: 'Run', name: 'metadata' };

test.each([
  null,
  true,
  'text',
  0,
  -1.5,
  [],
  {},
  [1, [2, { a: null }]],
  { a: { b: ['x', { c: false }] }, 'with space': 1 },
  JSON.parse('{"__proto__":{"polluted":true}}'),
])('copies %j', (value) => {
  const copy = copyJson(value, METADATA);
  expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
  if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
});

test('copies an object without a prototype, the same object twice, and the fields of an instance', () => {
  const shared = { a: 1 };
  class Order {
    readonly id = 7;
  }
  const value = {
    bare: Object.assign(Object.create(null), { b: 2 }),
    left: shared,
    right: [shared],
    order: new Order(),
  };
  const copy = copyJson(value, METADATA);
  expect(copy).toEqual({ bare: { b: 2 }, left: { a: 1 }, right: [{ a: 1 }], order: { id: 7 } });
  expect(Object.getPrototypeOf(copy.order)).toBe(Object.prototype);
  shared.a = 2;
  expect(copy.left.a).toBe(1);
});

const round: Record<string, unknown> = { name: 'round' };
round['inner'] = { list: [round] };

let deep: unknown = 'end';
for (let i = 0; i < 501; i++) deep = [deep];

test.each([
  ['a BigInt', { order: 1n }, '.order is a BigInt, which JSON cannot represent. Pass a text: String(value).'],
  ['a function', { a: { run: () => 1 } }, '.a.run is a function, which JSON cannot represent. Leave it out.'],
  ['a symbol', [Symbol('s')], '[0] is a symbol, which JSON cannot represent.'],
  [
    'undefined in an object',
    { a: undefined },
    '.a is undefined, which JSON cannot represent. Leave it out, or pass null.',
  ],
  ['undefined in a list', { a: [1, undefined] }, '.a[1] is undefined'],
  ['a hole in a list', { a: new Array(2) }, '.a[0] is undefined'],
  ['NaN', { a: Number.NaN }, '.a is NaN'],
  ['Infinity', { a: [Number.NEGATIVE_INFINITY] }, '.a[0] is -Infinity'],
  ['a date', { at: new Date(0) }, '.at is a Date, which JSON cannot represent. Pass a text: date.toISOString().'],
  ['a map', { a: new Map([['b', 1]]) }, '.a is a Map, which JSON cannot represent. Pass a plain object.'],
  ['a set', { a: new Set() }, '.a is a Set'],
  ['bytes', { a: new Uint8Array(2) }, '.a is a Uint8Array'],
  ['a buffer', { a: Buffer.from('x') }, '.a is a Buffer'],
  ['a URL', { a: new URL('https://a.test') }, '.a is a URL'],
  ['an error', { a: new Error('x') }, '.a is an Error'],
  ['a promise', { a: Promise.resolve() }, '.a is a Promise'],
  ['an instance without fields', { a: new (class Handle {})() }, '.a is a Handle'],
  ['a regular expression', { a: /x/ }, '.a is a RegExp'],
  ['an object that contains itself', round, '.inner.list[0] is an object that contains itself'],
  ['a value that is nested too deeply', deep, ' is nested too deeply'],
  ['undefined itself', undefined, ' is undefined'],
])('rejects %s, with the path', (_, value, problem) => {
  const copy = (): unknown => copyJson(value, METADATA);
  expect(copy).toThrow(ConfigError);
  expect(copy).toThrow(problem.startsWith(' is nested') ? problem : `Run: metadata${problem}`);
});

test('omits undefined fields with ignoresUndefined, but not undefined elements', () => {
  const options = { ...METADATA, ignoresUndefined: true };
  expect(Object.keys(copyJson({ a: undefined, b: { c: undefined } }, options))).toEqual(['b']);
  expect(() => copyJson([undefined], options)).toThrow('metadata[0] is undefined');
});
