import type { ChatModel } from './chat-model.ts';
import { checkModel } from './wrapped.ts';

/**
 * A model with another one behind it, asked when the first one's retries are spent. Further ones join at the end.
 *
 * The retries are the loop's: a bare `send` asks the first model, once. A prompt that a filter stopped is a response, and not asked of
 * another model.
 */
export function withFallback(model: ChatModel, other: ChatModel): ChatModel {
  for (const each of [model, other]) checkModel(each, 'withFallback');
  const { name, price, fallback } = model;
  return {
    name,
    ...(price && { price }),
    fallback: fallback === undefined ? other : withFallback(fallback, other),
    // A hand-written model may be a class, whose methods a spread would lose.
    send: (request, context) => model.send(request, context),
  };
}
