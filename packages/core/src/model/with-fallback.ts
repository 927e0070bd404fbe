import type { ChatModel } from './chat-model.ts';
import { describeRequest, withDescription } from './request-identity.ts';
import { checkModel } from './wrap-model.ts';

/**
 * Adds a fallback to a model, which gets the request after the last retry of the first model failed. Further fallbacks are added at the end.
 *
 * The loop retries and changes to the fallback: `send` itself calls the first model once. A prompt that a filter blocked counts as a
 * response, so no fallback gets it.
 */
export function withFallback(model: ChatModel, other: ChatModel): ChatModel {
  for (const candidate of [model, other]) checkModel(candidate, 'withFallback');
  const { name, price, server, fallback } = model;
  return {
    name,
    ...(price && { price }),
    ...(server && { server }),
    fallback: fallback === undefined ? other : withFallback(fallback, other),
    // Not `{ ...model }`: that would lose the methods of a class.
    send: withDescription(
      (request, context) => model.send(request, context),
      (request) => describeRequest(model, request),
    ),
  };
}
