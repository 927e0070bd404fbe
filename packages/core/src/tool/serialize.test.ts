import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { serialize } from './serialize.ts';

class Money {
  readonly amount = 5n;
  readonly currency = 'NOK';
}

const round: Record<string, unknown> = { name: 'round' };
round['self'] = round;
round['list'] = [{ back: round }];

const roundMap = new Map<string, unknown>();
roundMap.set('self', roundMap);

const shared: Readonly<Record<string, number>> = { n: 1 };

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly text: string;
  readonly lossy?: readonly string[];
}

const exact: readonly Row[] = [
  { name: 'a text', value: 'It is "sunny".\n', text: 'It is "sunny".\n' },
  { name: 'an empty text', value: '', text: '' },
  { name: 'undefined', value: undefined, text: 'null' },
  { name: 'null', value: null, text: 'null' },
  { name: 'a number', value: -1.5, text: '-1.5' },
  { name: 'a boolean', value: false, text: 'false' },
  { name: 'an object', value: { a: 1, b: ['x', null, true] }, text: '{"a":1,"b":["x",null,true]}' },
  { name: 'an undefined field, which is omitted', value: { a: undefined, b: 1 }, text: '{"b":1}' },
  { name: 'a sparse list', value: Object.assign(new Array(3), { 1: 7 }), text: '[null,7,null]' },
  { name: 'a date', value: new Date(0), text: '"1970-01-01T00:00:00.000Z"' },
  { name: 'a date inside', value: { at: new Date(0) }, text: '{"at":"1970-01-01T00:00:00.000Z"}' },
  {
    name: 'an object with toJSON',
    value: { url: new URL('https://a.test/') },
    text: '{"url":"https://a.test/"}',
  },
  { name: 'an object whose toJSON returns undefined', value: { toJSON: () => undefined }, text: 'null' },
  { name: 'a field whose toJSON returns undefined', value: { a: { toJSON: () => undefined }, b: 1 }, text: '{"b":1}' },
  { name: 'an object without a prototype', value: Object.assign(Object.create(null), { a: 1 }), text: '{"a":1}' },
  { name: 'a field named __proto__', value: JSON.parse('{"__proto__":{"a":1}}'), text: '{"__proto__":{"a":1}}' },
  { name: 'boxed values', value: [new Number(5), new String('x')], text: '[5,"x"]' },
  { name: 'the same object twice', value: [shared, { shared }], text: '[{"n":1},{"shared":{"n":1}}]' },
  { name: 'a symbol as a key, which is omitted', value: { [Symbol('s')]: 1, a: 2 }, text: '{"a":2}' },
];

const lossy: readonly Row[] = [
  { name: 'a bigint', value: 2n ** 64n, text: '"18446744073709551616"', lossy: ['value'] },
  {
    name: 'a bigint in a class instance',
    value: new Money(),
    text: '{"amount":"5","currency":"NOK"}',
    lossy: ['amount'],
  },
  {
    name: 'numbers without a JSON form',
    value: [Number.NaN, -Infinity],
    text: '["NaN","-Infinity"]',
    lossy: ['[0]', '[1]'],
  },
  { name: 'an invalid date', value: { at: new Date(Number.NaN) }, text: '{"at":"Invalid Date"}', lossy: ['at'] },
  { name: 'a regular expression', value: { a: /x/g }, text: '{"a":"/x/g"}', lossy: ['a'] },
  { name: 'a map with text keys', value: new Map([['a', 1]]), text: '{"a":1}', lossy: ['value'] },
  {
    name: 'a map with other keys',
    value: { by: new Map([[{ k: 1 }, 2n]]) },
    text: '{"by":[[{"k":1},"2"]]}',
    lossy: ['by[0][1]', 'by'],
  },
  {
    name: 'a map with a key named __proto__',
    value: new Map([['__proto__', 1]]),
    text: '{"__proto__":1}',
    lossy: ['value'],
  },
  { name: 'a set', value: { tags: new Set(['a', 1]) }, text: '{"tags":["a",1]}', lossy: ['tags'] },
  { name: 'an error', value: new TypeError('broke'), text: '{"error":"broke"}', lossy: ['value'] },
  { name: 'an error without a message', value: [new TypeError()], text: '[{"error":"TypeError"}]', lossy: ['[0]'] },
  {
    name: 'an object that contains itself',
    value: round,
    text: '{"name":"round","self":"[circular]","list":[{"back":"[circular]"}]}',
    lossy: ['self', 'list[0].back'],
  },
  { name: 'a map that contains itself', value: roundMap, text: '{"self":"[circular]"}', lossy: ['self', 'value'] },
  {
    name: 'a getter that throws',
    value: {
      a: 1,
      of: {
        get broken(): number {
          throw new Error('Closed.');
        },
      },
    },
    text: '{"a":1,"of":"[unreadable: Closed.]"}',
    lossy: ['of'],
  },
  {
    name: 'a toJSON that throws',
    value: [
      {
        toJSON: () => {
          throw 'closed';
        },
      },
    ],
    text: '["[unreadable: closed]"]',
    lossy: ['[0]'],
  },
  {
    name: 'a toJSON that returns a value without a JSON form',
    value: { a: { toJSON: () => 5n } },
    text: '{"a":"5"}',
    lossy: ['a'],
  },
  {
    name: 'a toJSON that returns the object itself',
    value: {
      a: {
        toJSON() {
          return this;
        },
      },
    },
    text: '{"a":"[circular]"}',
    lossy: ['a'],
  },
  {
    name: 'a proxy',
    value: new Proxy(new Date(0), {}),
    text: expect.stringContaining('[unreadable: '),
    lossy: ['value'],
  },
  {
    name: 'a revoked proxy',
    value: { gone: revoked() },
    text: expect.stringContaining('{"gone":"[unreadable: '),
    lossy: ['gone'],
  },
];

test.each(exact)('serializes exactly: $name', ({ value, text }) => {
  expect(serialize(value)).toEqual({ text, lossy: [] });
});

test.each(lossy)('serializes with a loss, and reports the paths: $name', ({ value, text, lossy }) => {
  expect(serialize(value)).toEqual({ text, lossy });
});

const BYTES = 'Return a text, or contentParts(…) for images and files.';
const STREAM = 'Read it to its end, and return its contents.';
const LIST = 'Return a list: [...value].';

const mistakes: readonly (readonly [string, unknown, problem: string])[] = [
  ['a promise', Promise.resolve(1), 'a promise. Await it.'],
  // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
  ['a promise of another library', { then: () => undefined }, 'a promise. Await it.'],
  ['a function', () => 1, 'a function. Return its result, or omit it.'],
  ['a class', class Handle {}, 'a function. Return its result, or omit it.'],
  ['a symbol', Symbol('s'), 'a symbol. Return a text, or omit it.'],
  ['a buffer', Buffer.from('abc'), `a Buffer of 3 bytes. ${BYTES}`],
  ['a typed array', new Uint16Array(3), `a Uint16Array of 6 bytes. ${BYTES}`],
  ['a view', new DataView(new ArrayBuffer(2)), `a DataView of 2 bytes. ${BYTES}`],
  ['an array buffer', new ArrayBuffer(8), `an ArrayBuffer of 8 bytes. ${BYTES}`],
  ['a blob', new Blob(['x']), `a Blob. ${BYTES}`],
  ['a file', new File(['x'], 'a.txt'), `a File. ${BYTES}`],
  ['a response', new Response('x'), 'a Response. Return the result of await response.json() or response.text().'],
  ['a web stream', new ReadableStream(), `a stream (ReadableStream). ${STREAM}`],
  ["a stream of Node's", Readable.from(['x']), `a stream (Readable). ${STREAM}`],
  ['an asynchronous generator', (async function* () {})(), `a stream (object). ${STREAM}`],
  ['a plain asynchronous iterable', { [Symbol.asyncIterator]: () => undefined }, `a stream (Object). ${STREAM}`],
  ['a generator', (function* () {})(), `an iterator. ${LIST}`],
  ['an iterator of a map', new Map().values(), `an iterator. ${LIST}`],
  ['query parameters', new URLSearchParams('a=1'), `a URLSearchParams, which has no fields. ${LIST}`],
  ['a weak map', new WeakMap(), 'a WeakMap, which has no fields. Return a plain object with its contents.'],
  [
    'an instance without fields',
    new (class Handle {
      readonly #id = 1;
      get id(): number {
        return this.#id;
      }
    })(),
    'a Handle, which has no fields. Return a plain object with its contents.',
  ],
  ['a toJSON that returns a promise', { toJSON: async () => 1 }, 'a promise. Await it.'],
];

test.each(mistakes)('refuses a value without meaningful JSON: %s', (_, value, problem) => {
  const refused = (given: unknown, path: string): void => {
    expect(() => serialize(given)).toThrow(
      new ConfigError(`The call ran, but its result cannot be read: ${path} is ${problem}`, {
        code: 'result.unreadable',
      }),
    );
  };
  refused(value, 'it');
  refused({ user: { orders: [1, value] } }, 'user.orders[1]');
  refused(new Map([['a', new Set([value])]]), 'a[0]');
});

test('reports the field of a plain object', () => {
  const answer = { status: 200, json: async () => ({}), text: async () => '', arrayBuffer: async () => '' };
  expect(() => serialize(answer)).toThrow('json is a function.');
  expect(() => serialize({ items: [], next: () => undefined })).toThrow('next is a function.');
  expect(serialize({ text: 'x', json: 1, pipe: true }).lossy).toEqual([]);
});

test('limits the repetitions of objects with many references', () => {
  let value: unknown = 'end';
  for (let i = 0; i < 50; i++) value = { left: value, right: value };
  const { text, lossy } = serialize(value);
  expect({
    bounded: text.length < 1_000_000,
    repeated: text.includes('"[repeated]"'),
    isReported: lossy.length > 0,
  }).toEqual({
    bounded: true,
    repeated: true,
    isReported: true,
  });
});

test('truncates values that are nested too deeply', () => {
  const { text, lossy } = serialize(nested(100_000));
  expect(text).toBe(`${'{"in":'.repeat(64)}"[too deep]"${'}'.repeat(64)}`);
  expect(lossy).toEqual([Array.from({ length: 64 }, () => 'in').join('.')]);
});

test('keeps values at the maximum depth', () => {
  expect(serialize(nested(63))).toEqual({ text: `${'{"in":'.repeat(63)}"end"${'}'.repeat(63)}`, lossy: [] });
});

function nested(depth: number): unknown {
  let value: unknown = 'end';
  for (let i = 0; i < depth; i++) value = { in: value };
  return value;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
