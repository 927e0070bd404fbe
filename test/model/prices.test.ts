import { Agent, azure, ConfigError, openai } from '@pawl/core';
import { anthropicPrices, openaiPrices, type PriceTable } from '@pawl/core/prices';
import { offlineServer, respond } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

describe('a price table', () => {
  test('gives a model the price that has its name, and a run the cost', async () => {
    const usage = { prompt_tokens: 1_000_000, completion_tokens: 100_000, total_tokens: 1_100_000 };
    const server = await offlineServer({ script: [respond.text('Yes.', { usage })] });
    onTestFinished(() => server.close());
    const model = openai('gpt-5-mini', { baseURL: server.baseURL, price: openaiPrices });
    const run = await new Agent({ model, limits: { cost: 5 } }).run('Go.');

    expect(model.price).toEqual({ input: 0.25, cachedInput: 0.025, output: 2 });
    expect(run.usage.cost).toBeCloseTo(0.45);
  });

  test('is looked up by the deployment of azure(), with and without an endpoint', () => {
    const price = { input: 1.25, cachedInput: 0.125, output: 10 };
    expect(azure('gpt-5', { price: openaiPrices }).price).toEqual(price);
    expect(azure('gpt-5', { price: openaiPrices, endpoint: 'https://my.openai.azure.com' }).price).toEqual(price);
    expect(() => azure('chat', { price: openaiPrices })).toThrow('azure(): the prices of OpenAI of');
  });

  test('without the model is refused with the nearest names', () => {
    const make = () => openai('gpt-5-mimi', { price: openaiPrices });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(
      /^openai\(\): the prices of OpenAI of 2026-07-17 have no model "gpt-5-mimi"\. Did you mean "gpt-5-mini" or "gpt-5[^"]*" or "[^"]+"\? .*pass price: \{ input, output \}/,
    );
  });

  test.each(['constructor', 'toString'])('has no model "%s"', (name) => {
    expect(() => openai(name, { price: openaiPrices })).toThrow(`no model "${name}"`);
  });

  test('of a user can have models beside those of another', () => {
    const mine: PriceTable = { models: { ...anthropicPrices.models, own: { input: 1, output: 2 } } };
    expect(openai('own', { price: mine }).price).toEqual({ input: 1, output: 2 });
    expect(openai('claude-haiku-4-5', { price: mine }).price?.output).toBe(5);
    expect(() => openai('none', { price: mine })).toThrow('the prices have no model "none"');
  });

  test.each<[string, unknown, string]>([
    ['a negative price', { models: { m: { input: -1, output: 2 } } }, 'price.input is -1.'],
    ['an entry that is not a price', { models: { m: 5 } }, 'have no model "m"'],
    ['a list of models', { models: ['m'] }, 'models is a list'],
    [
      'a price next to models',
      { models: { m: { input: 1, output: 2 } }, input: 1 },
      'price has both models and input.',
    ],
    ['an unknown option', { models: {}, currency: 'EUR' }, 'there is no option "price.currency"'],
  ])('is refused with %s', (_, price, message) => {
    expect(() => openai('m', { price: price as PriceTable })).toThrow(message);
  });
});
