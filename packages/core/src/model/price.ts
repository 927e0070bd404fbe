import type { ChatModel, Price } from './chat-model.ts';

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
