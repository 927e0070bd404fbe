import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel } from './chat-model.ts';

/** Everything about a request to a model that may change the response, as JSON. */
export type DescribeRequest = (request: ChatRequest) => unknown;

// By the function and not by the model: a wrapper `{ ...model, send }` asks in its own way, and must not be taken for the model.
const described = new WeakMap<ChatModel['send'], DescribeRequest>();

/** Says what tells requests by this `send` from those to any other model. Gives the `send`. */
export function withDescription(send: ChatModel['send'], describe: DescribeRequest): ChatModel['send'] {
  described.set(send, describe);
  return send;
}

/**
 * Tells a request from all that would be made differently: to another model, server or account, or in another form. Of a model that says
 * nothing of itself it tells the object from all others, in every process.
 */
export async function describeRequest(model: ChatModel, request: ChatRequest): Promise<unknown> {
  const describe = described.get(model.send);
  if (describe !== undefined) return describe(request);
  const { stream: _, stream_options: __, ...asked } = request;
  return [model.name, model.cacheKey ?? ownKey(model), asked];
}

const ownKeys = new WeakMap<ChatModel, string>();

function ownKey(model: ChatModel): string {
  const known = ownKeys.get(model);
  if (known !== undefined) return known;
  const key = crypto.randomUUID();
  ownKeys.set(model, key);
  return key;
}
