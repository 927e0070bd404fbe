import { azure, openai, type Price } from '@pawl/core';
import { openaiPrices, type PriceTable } from '@pawl/core/prices';
import { expectTypeOf, test } from 'vitest';

test('a price is a price of the model or a table of prices', () => {
  openai('gpt-5-mini', { price: { input: 0.25, output: 2 } });
  openai('gpt-5-mini', { price: openaiPrices });
  azure('gpt-5-mini', { price: openaiPrices });
  openai('own', { price: { models: { own: { input: 1, output: 2 } } } });
  // @ts-expect-error: output is missing.
  openai('own', { price: { models: { own: { input: 1 } } } });
  // @ts-expect-error: models is missing.
  openai('own', { price: { vendor: 'OpenAI' } });
});

test('a table of the package can be spread into one of a user', () => {
  expectTypeOf(openaiPrices).toEqualTypeOf<PriceTable>();
  const mine: PriceTable = { models: { ...openaiPrices.models, own: { input: 1, output: 2 } } };
  expectTypeOf(mine.models).toEqualTypeOf<Readonly<Record<string, Price>>>();
});

test('the price of a model is never a table', () => {
  expectTypeOf(openai('gpt-5-mini', { price: openaiPrices }).price).toEqualTypeOf<Price | undefined>();
});
