import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { ChatModel } from './chat-model.ts';

/** The model with another `send`: its name, its price and who is asked after it stay. */
export function wrapped(model: ChatModel, send: ChatModel['send']): ChatModel {
  const { name, price, fallback } = model;
  return { name, ...(price !== undefined && { price }), ...(fallback !== undefined && { fallback }), send };
}

/** @throws ConfigError for what is no model. */
export function checkModel(model: ChatModel | undefined, wrapper: string): void {
  if (typeof model?.send === 'function') return;
  throw new ConfigError(
    `${wrapper}: the model is ${describeValue(model)}. Pass openai("…"), or an object with name and send.`,
  );
}

/** @throws ConfigError */
export function atLeastOne(
  value: number,
  { wrapper, field }: { readonly wrapper: string; readonly field: string },
): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ConfigError(`${wrapper}: ${field} is ${describeValue(value)}. Pass a whole number of 1 or more.`);
}
