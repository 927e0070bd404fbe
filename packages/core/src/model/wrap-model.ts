import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import type { ChatModel } from './chat-model.ts';
import { type DescribeRequest, describeRequest, withDescription } from './request-identity.ts';

/** Replaces the `send` of a model. The new one must not change requests. Keeps the name, the price and the fallback. */
export function wrapModel(model: ChatModel, send: ChatModel['send']): ChatModel {
  const { name, price, server, fallback } = model;
  const describe: DescribeRequest = (request) => describeRequest(model, request);
  return {
    name,
    ...(price !== undefined && { price }),
    ...(server !== undefined && { server }),
    ...(fallback !== undefined && { fallback }),
    send: withDescription(send, describe),
  };
}

/** @throws ConfigError if the value is not a model. */
export function checkModel(model: ChatModel | undefined, wrapper: string): void {
  if (typeof model?.send === 'function') return;
  throw new ConfigError(
    `${wrapper}: the model is ${describeValue(model)}. Pass openai("…"), or an object with name and send.`,
  );
}

/** @throws ConfigError if the value is not a whole number of 1 or more. */
export function checkPositiveInteger(
  value: number,
  { wrapper, field }: { readonly wrapper: string; readonly field: string },
): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ConfigError(`${wrapper}: ${field} is ${describeValue(value)}. Pass a whole number of 1 or more.`);
}
