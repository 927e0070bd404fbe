import { ConfigError } from '../base/errors.ts';
import { describeValue, type OptionTable } from '../base/options.ts';
import { findClosest, shorten } from '../base/text.ts';
import type { ChatModel, Price } from './chat-model.ts';

/** The prices of one server's models, by the name that a request has. */
export interface PriceTable {
  /** Who asks these prices. Used in error messages. */
  readonly vendor?: string;
  /** The day for which the oldest figure is confirmed: `'2026-07-31'`. */
  readonly date?: string;
  /** The page on which the vendor publishes its prices. */
  readonly source?: string;
  readonly models: Readonly<Record<string, Price>>;
}

/** A price, or a table with the price of the model. */
export const PRICE: OptionTable<Price | PriceTable> = {
  keys: {
    ...{ input: 'number', output: 'number', cachedInput: 'number' },
    ...{ vendor: 'text', date: 'text', source: 'text', models: 'object' },
  },
  hints: {
    prompt: 'The option is "input".',
    completion: 'The option is "output".',
    inputTokens: 'The option is "input".',
    outputTokens: 'The option is "output".',
    cached: 'The option is "cachedInput".',
    cacheRead: 'The option is "cachedInput".',
  },
};

/**
 * Returns the price of a model: the given price, or its row in the table.
 *
 * @throws ConfigError if the table does not have the model, or a field of the price is not a finite number of 0 or more.
 */
export function resolvePrice(given: Price | PriceTable, model: string, where: string): Price {
  const price = isPriceTable(given) ? findPrice(given, model, where) : given;
  checkPrice(price, where);
  return price;
}

function isPriceTable(given: Price | PriceTable): given is PriceTable {
  return 'models' in given && given.models !== undefined;
}

function findPrice(table: PriceTable, model: string, where: string): Price {
  const mixed = ['input', 'output', 'cachedInput'].find((name) => name in table);
  if (mixed !== undefined) {
    throw new ConfigError(
      `${where}: price has both models and ${mixed}. Pass the price of this model, or a table of prices.`,
    );
  }
  const { models, vendor, date } = table;
  const price = Object.hasOwn(models, model) ? models[model] : undefined;
  if (typeof price === 'object' && price !== null) return price;
  const near = findNearest(model, Object.keys(models)).map((name) => JSON.stringify(name));
  const meant = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
  throw new ConfigError(
    `${where}: the prices${vendor === undefined ? '' : ` of ${vendor}`}${date === undefined ? '' : ` of ${date}`} have no model ${JSON.stringify(shorten(model, 60))}.${meant} For another model pass price: { input, output }, in US dollars a million tokens.`,
  );
}

/** The most similar names, the most similar one first. */
function findNearest(model: string, names: readonly string[]): readonly string[] {
  const nearest: string[] = [];
  while (nearest.length < 3) {
    const next = findClosest(
      model,
      names.filter((name) => !nearest.includes(name)),
    );
    if (next === undefined) break;
    nearest.push(next);
  }
  return nearest;
}

/** @throws ConfigError if a field of the price is not a finite number of 0 or more. */
function checkPrice({ input, output, cachedInput = 0 }: Price, where: string): void {
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
