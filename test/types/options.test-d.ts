import { checkOptions, type OptionTable } from '@pawl/core';
import { expectTypeOf, test } from 'vitest';

interface PageOptions {
  readonly maxBytes?: number;
  readonly robots?: 'obey' | 'ignore';
  readonly retry?: { readonly attempts: number };
}

const PAGE: OptionTable<PageOptions> = {
  keys: { maxBytes: 'number', robots: { obey: true, ignore: true }, retry: { keys: { attempts: 'number' } } },
  hints: { limit: 'The option is "maxBytes".' },
};

test('checkOptions keeps the type of the options', () => {
  const options: PageOptions = { maxBytes: 5 };
  expectTypeOf(checkOptions(options, PAGE, 'fetchPage')).toEqualTypeOf<PageOptions>();
});

test('an incomplete option table does not compile', () => {
  // @ts-expect-error: retry is missing.
  const missing: OptionTable<PageOptions> = { keys: { maxBytes: 'number', robots: 'any' } };
  const nested: OptionTable<PageOptions> = {
    // @ts-expect-error: attempts is missing.
    keys: { maxBytes: 'number', robots: 'any', retry: { keys: {} } },
  };
  const value: OptionTable<PageOptions> = {
    // @ts-expect-error: "ignore" is missing.
    keys: { maxBytes: 'number', robots: { obey: true }, retry: 'any' },
  };
  const type: OptionTable<PageOptions> = {
    // @ts-expect-error: maxBytes is a number.
    keys: { maxBytes: 'text', robots: 'any', retry: 'any' },
  };
  expectTypeOf(missing).toEqualTypeOf(nested);
  expectTypeOf(value).toEqualTypeOf(type);
});
