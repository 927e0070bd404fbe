import { expect, expectTypeOf, test } from 'vitest';
import { ConfigError } from './errors.ts';
import { checkOptions, describeValue, type OptionTable } from './options.ts';

interface Price {
  readonly input: number;
  readonly output: number;
}

interface Options {
  readonly name?: string;
  readonly maxBytes?: number;
  readonly isStrict?: boolean;
  readonly order?: 'asc' | 'desc';
  readonly when?: boolean | ((input: string) => boolean);
  readonly price?: Price;
  readonly prices?: readonly Price[];
  readonly seed?: number | null;
  readonly schema?: unknown;
}

const TABLE: OptionTable<Options> = {
  keys: {
    name: 'text',
    maxBytes: 'number',
    isStrict: 'boolean',
    order: { asc: true, desc: true },
    when: ['boolean', 'function'],
    price: { keys: { input: 'number', output: 'number' }, hints: { prompt: 'The option is "input".' } },
    prices: 'list',
    seed: ['number', 'null'],
    schema: 'any',
  },
  hints: { sort: 'The option is "order".', SORT: 'SQL is not read.' },
};

test.each<[Options]>([
  [{}],
  [{ name: '', maxBytes: 0, isStrict: false, order: 'asc', when: true, price: { input: 1, output: 2 }, seed: null }],
  [{ when: () => true, prices: [], schema: null }],
])('accepts %j and returns it', (options) => {
  expect(checkOptions(options, TABLE, 'load')).toBe(options);
});

test.each([
  ['an option that is undefined', { name: undefined }],
  ['an unknown name that is undefined', { nmae: undefined }],
  ['an object without a prototype', Object.assign(Object.create(null), { name: 'a' })],
  ['a frozen object', Object.freeze({ name: 'a' })],
  ['a symbol as a key', { [Symbol('own')]: 1 }],
])('accepts %s', (_, options) => {
  expect(checkOptions(options, TABLE, 'load')).toBe(options);
});

test.each([
  ['a misspelled option', { nmae: 'a' }, 'there is no option "nmae". Did you mean "name"?'],
  ['another case', { MAX_BYTES: 1 }, 'there is no option "MAX_BYTES". Did you mean "maxBytes"?'],
  ['an option without its "max"', { byte: 1 }, 'there is no option "byte". Did you mean "maxBytes"?'],
  ['the name of another library', { sort: 'asc' }, 'there is no option "sort". The option is "order".'],
  ['the name of another library, in another case', { Sort: 1 }, 'there is no option "Sort". The option is "order".'],
  ['a name that has a hint in another case', { SORT: 1 }, 'there is no option "SORT". SQL is not read.'],
  [
    'a name that is not similar to any option',
    { temperature: 1 },
    'there is no option "temperature". The options are: name, maxBytes, isStrict, order, when, price, prices, seed, schema.',
  ],
  ['a name of Object.prototype', { constructor: 1 }, 'there is no option "constructor".'],
  [
    'a misspelled nested option',
    { price: { imput: 1 } },
    'there is no option "price.imput". Did you mean "price.input"?',
  ],
  ['a nested name with a hint', { price: { prompt: 1 } }, 'there is no option "price.prompt". The option is "input".'],
  ['a text in place of a number', { maxBytes: '1' }, 'maxBytes is the text "1". Pass a number.'],
  ['a number in place of a text', { name: 1 }, 'name is 1. Pass a text.'],
  ['a text in place of a boolean', { isStrict: 'true' }, 'isStrict is the text "true". Pass true or false.'],
  ['null', { name: null }, 'name is null. Pass a text.'],
  ['a BigInt', { maxBytes: 5n }, 'maxBytes is the BigInt 5n. Pass a number.'],
  ['a value that is not in the union', { order: 'ASC' }, 'order is the text "ASC". Pass "asc" or "desc".'],
  ['a value of Object.prototype', { order: 'toString' }, 'order is the text "toString". Pass "asc" or "desc".'],
  ['a value of none of the types', { when: 'yes' }, 'when is the text "yes". Pass true or false, or a function.'],
  ['no list', { prices: {} }, 'prices is an object. Pass a list.'],
  [
    'a text in place of an object',
    { price: 'high' },
    'price is a text. Pass an object with any of these: input, output.',
  ],
  ['a list in place of an object', { price: [] }, 'price is a list. Pass an object with any of these: input, output.'],
  ['a nested text in place of a number', { price: { input: '1' } }, 'price.input is the text "1". Pass a number.'],
  ['a nested instance', { price: new Date(0) }, 'a Date has none of the options.'],
])('rejects %s', (_, options, problem) => {
  const check = (): unknown => checkOptions(options, TABLE, 'load');
  expect(check).toThrow(ConfigError);
  expect(check).toThrow(`load: ${problem}`);
});

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['sk-secret', 'a text'],
  [7, 'a number'],
  [[], 'a list'],
  [() => 1, 'a function'],
])('rejects %o in place of the options, without quoting it', (options, type) => {
  const table: OptionTable<Price> = { keys: { input: 'number', output: 'number' } };
  expect(() => checkOptions(options as never, table, 'load')).toThrow(
    new ConfigError(`load: the options are ${type}. Pass an object with any of these: input, output.`),
  );
});

test('adds the note of a table to the error for an unknown name', () => {
  const table: OptionTable<Price> = { ...PRICES, note: (name) => `Pass ${name} elsewhere.` };
  expect(() => checkOptions({ imput: 1 } as never, table, 'load')).toThrow(
    'load: there is no option "imput". Did you mean "input"? Pass imput elsewhere.',
  );
  expect(() => checkOptions({ quite_another: 1 } as never, table, 'load')).toThrow(
    'load: there is no option "quite_another". Pass quite_another elsewhere.',
  );
});

const PRICES: OptionTable<Price> = { keys: { input: 'number', output: 'number' } };

class Config {
  readonly maxBytes = 5;
  readonly #name = 'from a getter';

  get name(): string {
    return this.#name;
  }

  helper(): void {}
}

test('reads only the options of a class instance, including getters', () => {
  expect(checkOptions(new Config(), TABLE, 'load')).toEqual({ maxBytes: 5, name: 'from a getter' });
});

test('reads a nested instance', () => {
  class Limits {
    get input(): number {
      return 1;
    }
  }
  const options = { name: 'a', price: new Limits() };
  expect(checkOptions(options, TABLE, 'load')).toEqual({ name: 'a', price: { input: 1 } });
  expect(options.price).toBeInstanceOf(Limits);
});

test.each([
  [
    'a field of a class that is not an option',
    new (class extends Config {
      readonly nmae = 'a';
    })(),
    'nmae',
  ],
  ['an inherited field that is not an option', Object.create({ nmae: 'a' }), 'nmae'],
])('rejects %s', (_, options, name) => {
  expect(() => checkOptions(options, TABLE, 'load')).toThrow(`load: there is no option "${name}".`);
});

test('rejects a getter of a class with a value of the wrong type', () => {
  const options = new (class {
    get name(): number {
      return 7;
    }
  })();
  expect(() => checkOptions(options, TABLE, 'load')).toThrow('load: name is 7. Pass a text.');
});

test('rejects an instance that has none of the options', () => {
  expect(() => checkOptions(new AbortController().signal, TABLE, 'load')).toThrow(
    'load: an AbortSignal has none of the options. Pass an object with any of these: name,',
  );
});

test('accepts a clock that has only now()', () => {
  interface Timed {
    readonly clock?: { now(): number; after(ms: number, callback: () => void): () => void; sleep(): Promise<void> };
  }
  const table: OptionTable<Timed> = { keys: { clock: 'clock' } };
  const clock = { now: () => 0, after: () => () => undefined, sleep: async () => undefined };
  expect(checkOptions({ clock }, table, 'load')).toEqual({ clock });
  expect(() => checkOptions({ clock: { now: () => 0 } }, table, 'load')).not.toThrow();
  expect(() => checkOptions({ clock: { sleep: async () => undefined } }, table as never, 'load')).toThrow(
    'load: clock is an object. Pass a clock: { now, after, sleep }.',
  );
  expect(() => checkOptions({ clock: Date }, table, 'load')).toThrow('load: clock is a function.');
});

test.each([
  ['a "text"', 'the text "a \\"text\\""'],
  ['x'.repeat(100), `the text "${'x'.repeat(60)}… (40 characters more)"`],
  [1, '1'],
  [Number.NaN, 'NaN'],
  [true, 'true'],
  [5n, 'the BigInt 5n'],
  [undefined, 'undefined'],
  [null, 'null'],
  [Symbol('s'), 'a symbol'],
  [[1], 'a list'],
  [{}, 'an object'],
  [new Date(0), 'a Date'],
  [Promise.resolve(), 'a Promise'],
  [Object.create(null), 'an object'],
])('describes %o as %s', (value, text) => {
  expect(describeValue(value)).toBe(text);
});

test('a table with a missing option, or a missing value of a union, does not compile', () => {
  // @ts-expect-error: output is missing.
  const missing: OptionTable<Price> = { keys: { input: 'number' } };
  // @ts-expect-error: there is no such option.
  const unknown: OptionTable<Price> = { keys: { input: 'number', output: 'number', cached: 'number' } };
  // @ts-expect-error: output is a number.
  const wrong: OptionTable<Price> = { keys: { input: 'number', output: 'text' } };
  // @ts-expect-error: "desc" is missing.
  const value: OptionTable<Pick<Options, 'order'>> = { keys: { order: { asc: true } } };
  // @ts-expect-error: the list of types lacks 'function', and 'text' is wrong.
  const list: OptionTable<Pick<Options, 'when'>> = { keys: { when: ['boolean', 'text'] } };
  expect([missing, unknown, wrong, value, list]).toHaveLength(5);
  type Either = { readonly type: 'a'; readonly left: number } | { readonly type: 'b'; readonly right: string };
  expectTypeOf<keyof OptionTable<Either>['keys']>().toEqualTypeOf<'type' | 'left' | 'right'>();
  const either: OptionTable<Either> = { keys: { type: { a: true, b: true }, left: 'number', right: 'text' } };
  expect(Object.keys(either.keys)).toEqual(['type', 'left', 'right']);
});
