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

/** @throws ConfigError for a price without which no cost would be known. */
export function checkPrice({ input, output, cachedInput = 0 }: Price, where: string): void {
  for (const [name, value] of Object.entries({ input, output, cachedInput })) {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) continue;
    throw new ConfigError(
      `${where}: price.${name} is ${describeValue(value)}. Pass US dollars a million tokens, 0 or more.`,
    );
  }
}

/** The model, and those that are asked after it. */
export function chainOf(model: ChatModel): readonly ChatModel[] {
  const { fallback } = model;
  return fallback === undefined ? [model] : [model, ...chainOf(fallback)];
}

/** What any of the models costs at the most; `undefined` where it is not known of all. */
export function highestPrice(models: readonly ChatModel[]): Price | undefined {
  const prices = models.flatMap(({ price }) => (price === undefined ? [] : [price]));
  if (prices.length < models.length) return undefined;
  const most = (field: (price: Price) => number): number => Math.max(...prices.map(field));
  return {
    input: most(({ input }) => input),
    output: most(({ output }) => output),
    cachedInput: most(({ input, cachedInput = input }) => cachedInput),
  };
}
