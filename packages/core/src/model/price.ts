import { ConfigError } from '../base/errors.ts';
import { describeValue, type OptionTable } from '../base/options.ts';
import type { ChatModel, Price } from './chat-model.ts';

export const PRICE: OptionTable<Price> = {
  keys: { input: 'number', output: 'number', cachedInput: 'number' },
  hints: {
    prompt: 'The option is "input".',
    completion: 'The option is "output".',
    inputTokens: 'The option is "input".',
    outputTokens: 'The option is "output".',
    cached: 'The option is "cachedInput".',
    cacheRead: 'The option is "cachedInput".',
  },
};

/** @throws ConfigError if a field of the price is not a finite number of 0 or more. */
export function checkPrice({ input, output, cachedInput = 0 }: Price, where: string): void {
  for (const [name, value] of Object.entries({ input, output, cachedInput })) {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) continue;
    throw new ConfigError(
      `${where}: price.${name} is ${describeValue(value)}. Pass US dollars per million tokens, 0 or more.`,
    );
  }
}

/** Lists the model and its fallbacks, in order. */
export function listModelChain(model: ChatModel): readonly ChatModel[] {
  const { fallback } = model;
  return fallback === undefined ? [model] : [model, ...listModelChain(fallback)];
}

/** Finds the highest price of each kind of token. Returns `undefined` if a model has no price. */
export function findHighestPrice(models: readonly ChatModel[]): Price | undefined {
  const prices = models.flatMap(({ price }) => (price === undefined ? [] : [price]));
  if (prices.length < models.length) return undefined;
  const findMaximum = (field: (price: Price) => number): number => Math.max(...prices.map(field));
  return {
    input: findMaximum(({ input }) => input),
    output: findMaximum(({ output }) => output),
    cachedInput: findMaximum(({ input, cachedInput = input }) => cachedInput),
  };
}
