import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel } from './chat-model.ts';

/** Describes everything about a request that may change the response, as JSON. */
export type DescribeRequest = (request: ChatRequest) => unknown;

// Keyed by the function, not the model: a wrapper `{ ...model, send }` may change requests and must not share the description.
const descriptions = new WeakMap<ChatModel['send'], DescribeRequest>();

/** Registers the function that describes the requests of this `send`. Returns `send`. */
export function withDescription(send: ChatModel['send'], describe: DescribeRequest): ChatModel['send'] {
  descriptions.set(send, describe);
  return send;
}

/**
 * Describes a request so that it differs from each request to another model, server or account, or in another form. A model without a
 * description and a `cacheKey` gets a random key, so that it differs from all other objects.
 */
export async function describeRequest(model: ChatModel, request: ChatRequest): Promise<unknown> {
  const describe = descriptions.get(model.send);
  if (describe !== undefined) return describe(request);
  const { stream: _, stream_options: __, ...rest } = request;
  return [model.name, model.cacheKey ?? getModelKey(model), rest];
}

const modelKeys = new WeakMap<ChatModel, string>();

function getModelKey(model: ChatModel): string {
  const known = modelKeys.get(model);
  if (known !== undefined) return known;
  const key = crypto.randomUUID();
  modelKeys.set(model, key);
  return key;
}
