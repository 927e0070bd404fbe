import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { serialise } from './serialise.ts';

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
  { name: 'a text is told as it is', value: 'It is "sunny".\n', text: 'It is "sunny".\n' },
  { name: 'an empty text', value: '', text: '' },
  { name: 'nothing', value: undefined, text: 'null' },
  { name: 'null', value: null, text: 'null' },
  { name: 'a number', value: -1.5, text: '-1.5' },
  { name: 'a boolean', value: false, text: 'false' },
  { name: 'an object', value: { a: 1, b: ['x', null, true] }, text: '{"a":1,"b":["x",null,true]}' },
  { name: 'fields without a value are left out', value: { a: undefined, b: 1 }, text: '{"b":1}' },
  { name: 'a list keeps its places', value: Object.assign(new Array(3), { 1: 7 }), text: '[null,7,null]' },
  { name: 'a date', value: new Date(0), text: '"1970-01-01T00:00:00.000Z"' },
  { name: 'a date inside', value: { at: new Date(0) }, text: '{"at":"1970-01-01T00:00:00.000Z"}' },
  {
    name: 'what says itself what it is',
    value: { url: new URL('https://a.test/') },
    text: '{"url":"https://a.test/"}',
  },
  { name: 'what says nothing of itself', value: { toJSON: () => undefined }, text: 'null' },
  { name: 'what says nothing of itself, inside', value: { a: { toJSON: () => undefined }, b: 1 }, text: '{"b":1}' },
  { name: 'an object without a prototype', value: Object.assign(Object.create(null), { a: 1 }), text: '{"a":1}' },
  { name: 'a field named __proto__', value: JSON.parse('{"__proto__":{"a":1}}'), text: '{"__proto__":{"a":1}}' },
  { name: 'a number in an object', value: [new Number(5), new String('x')], text: '[5,"x"]' },
  { name: 'the same object twice is not circular', value: [shared, { shared }], text: '[{"n":1},{"shared":{"n":1}}]' },
  { name: 'a symbol as a key is nothing to JSON', value: { [Symbol('s')]: 1, a: 2 }, text: '{"a":2}' },
];

const lossy: readonly Row[] = [
  { name: 'a bigint', value: 2n ** 64n, text: '"18446744073709551616"', lossy: ['value'] },
  { name: 'a bigint of a class', value: new Money(), text: '{"amount":"5","currency":"NOK"}', lossy: ['amount'] },
  {
    name: 'numbers that JSON has not',
    value: [Number.NaN, -Infinity],
    text: '["NaN","-Infinity"]',
    lossy: ['[0]', '[1]'],
  },
  { name: 'a date that is none', value: { at: new Date(Number.NaN) }, text: '{"at":"Invalid Date"}', lossy: ['at'] },
  { name: 'a pattern', value: { a: /x/g }, text: '{"a":"/x/g"}', lossy: ['a'] },
  { name: 'a map by texts', value: new Map([['a', 1]]), text: '{"a":1}', lossy: ['value'] },
  {
    name: 'a map by others',
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
  { name: 'an error without words', value: [new TypeError()], text: '[{"error":"TypeError"}]', lossy: ['[0]'] },
  {
    name: 'an object that contains itself',
    value: round,
    text: '{"name":"round","self":"[circular]","list":[{"back":"[circular]"}]}',
    lossy: ['self', 'list[0].back'],
  },
  { name: 'a map that holds itself', value: roundMap, text: '{"self":"[circular]"}', lossy: ['self', 'value'] },
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
    name: 'a toJSON that gives what JSON has not',
    value: { a: { toJSON: () => 5n } },
    text: '{"a":"5"}',
    lossy: ['a'],
  },
  {
    name: 'a toJSON that gives itself',
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
    name: 'a proxy of something else',
    value: new Proxy(new Date(0), {}),
    text: expect.stringContaining('[unreadable: '),
    lossy: ['value'],
  },
  {
    name: 'a proxy that was revoked',
    value: { gone: revoked() },
    text: expect.stringContaining('{"gone":"[unreadable: '),
    lossy: ['gone'],
  },
];

test.each(exact)('told whole: $name', ({ value, text }) => {
  expect(serialise(value)).toEqual({ text, lossy: [] });
});

test.each(lossy)('told as well as JSON can, and where it cannot: $name', ({ value, text, lossy }) => {
  expect(serialise(value)).toEqual({ text, lossy });
});

const BYTES = 'Return a text, or contentParts(…) for images and files.';
const STREAM = 'Read it to its end, and return what it held.';
const LIST = 'Return a list: [...value].';

const mistakes: readonly (readonly [string, unknown, problem: string])[] = [
  ['a promise', Promise.resolve(1), 'a promise. An await is missing.'],
  // biome-ignore lint/suspicious/noThenProperty: what is tested
  ['a promise of another library', { then: () => undefined }, 'a promise. An await is missing.'],
  ['a function', () => 1, 'a function. Return what it gives, or leave it out.'],
  ['a class', class Handle {}, 'a function. Return what it gives, or leave it out.'],
  ['a symbol', Symbol('s'), 'a symbol. Return a text, or leave it out.'],
  ['a buffer', Buffer.from('abc'), `a Buffer of 3 bytes. ${BYTES}`],
  ['a typed array', new Uint16Array(3), `a Uint16Array of 6 bytes. ${BYTES}`],
  ['a view', new DataView(new ArrayBuffer(2)), `a DataView of 2 bytes. ${BYTES}`],
  ['an array buffer', new ArrayBuffer(8), `an ArrayBuffer of 8 bytes. ${BYTES}`],
  ['a blob', new Blob(['x']), `a Blob. ${BYTES}`],
  ['a file', new File(['x'], 'a.txt'), `a File. ${BYTES}`],
  ['a response', new Response('x'), 'a Response. Return what await response.json() or response.text() gives.'],
  ['a web stream', new ReadableStream(), `a stream (ReadableStream). ${STREAM}`],
  ["a stream of Node's", Readable.from(['x']), `a stream (Readable). ${STREAM}`],
  ['an asynchronous generator', (async function* () {})(), `a stream (object). ${STREAM}`],
  ['a plain asynchronous iterable', { [Symbol.asyncIterator]: () => undefined }, `a stream (Object). ${STREAM}`],
  ['a generator', (function* () {})(), `an iterator. ${LIST}`],
  ['an iterator of a map', new Map().values(), `an iterator. ${LIST}`],
  ['query parameters', new URLSearchParams('a=1'), `a URLSearchParams, which has no fields. ${LIST}`],
  ['a weak map', new WeakMap(), 'a WeakMap, which has no fields. Return a plain object with what it holds.'],
  [
    'an instance without fields',
    new (class Handle {
      readonly #id = 1;
      get id(): number {
        return this.#id;
      }
    })(),
    'a Handle, which has no fields. Return a plain object with what it holds.',
  ],
  ['a toJSON that gives a promise', { toJSON: async () => 1 }, 'a promise. An await is missing.'],
];

test.each(mistakes)('refuses what was returned by mistake: %s', (_, value, problem) => {
  const refused = (given: unknown, path: string): void => {
    expect(() => serialise(given)).toThrow(
      new ConfigError(`The call ran, but its result can't be read: ${path} is ${problem}`, {
        code: 'result.unreadable',
      }),
    );
  };
  refused(value, 'it');
  refused({ user: { orders: [1, value] } }, 'user.orders[1]');
  refused(new Map([['a', new Set([value])]]), 'a[0]');
});

test('fields of a plain object say what they are', () => {
  const answer = { status: 200, json: async () => ({}), text: async () => '', arrayBuffer: async () => '' };
  expect(() => serialise(answer)).toThrow('json is a function.');
  expect(() => serialise({ items: [], next: () => undefined })).toThrow('next is a function.');
  expect(serialise({ text: 'x', json: 1, pipe: true }).lossy).toEqual([]);
});

test('what refers to itself in more ways than fit into any memory is told up to a bound', () => {
  let value: unknown = 'end';
  for (let i = 0; i < 50; i++) value = { left: value, right: value };
  const { text, lossy } = serialise(value);
  expect({ bounded: text.length < 1_000_000, repeated: text.includes('"[repeated]"'), told: lossy.length > 0 }).toEqual(
    {
      bounded: true,
      repeated: true,
      told: true,
    },
  );
});

test('what is nested too deeply is cut there', () => {
  const { text, lossy } = serialise(nested(100_000));
  expect(text).toBe(`${'{"in":'.repeat(64)}"[too deep]"${'}'.repeat(64)}`);
  expect(lossy).toEqual([Array.from({ length: 64 }, () => 'in').join('.')]);
});

test('what is nested less deeply is told whole', () => {
  expect(serialise(nested(63))).toEqual({ text: `${'{"in":'.repeat(63)}"end"${'}'.repeat(63)}`, lossy: [] });
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
