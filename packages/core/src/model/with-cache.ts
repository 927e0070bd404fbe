import { ConfigError } from '../base/errors.ts';
import { parseJson, stringifyCanonical } from '../base/json.ts';
import { checkOptions, describeValue, type OptionTable } from '../base/options.ts';
import { computeSha256 } from '../base/sha256.ts';
import { readFinishKind } from '../chat/finish-reason.ts';
import { getMessageText, type ToolCall } from '../chat/message.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { ChatModel } from './chat-model.ts';
import { describeRequest } from './request-identity.ts';
import { checkModel, checkPositiveInteger, wrapModel } from './wrap-model.ts';

/** Keeps responses: a `Map`, Redis, a file. If it throws, the attempt fails with that error. */
export interface ResponseCache {
  get(key: string): ChatResponse | undefined | Promise<ChatResponse | undefined>;
  set(key: string, response: ChatResponse): unknown;
}

/**
 * Caches the responses of a model. A cached response costs nothing, and arrives without deltas.
 *
 * - Only complete responses are cached: a text, or tool calls whose arguments are JSON. Errors and responses that were truncated, filtered
 *   or refused are not.
 * - The key is a hash of the request as it would be sent: URL, body, profile and headers, including the API key. If the key or the headers
 *   come from a function, its current result counts.
 * - `stream`, `fetch`, `timeouts` and headers that identify one request, such as `x-request-id`, do not count.
 * - Your own model, and your own wrapper around a model, shares no responses with other objects unless it has a `cacheKey`.
 */
export function withCache(model: ChatModel, store: ResponseCache): ChatModel {
  checkModel(model, 'withCache');
  if (typeof store?.get !== 'function' || typeof store.set !== 'function') {
    throw new ConfigError(
      `withCache: store is ${describeValue(store)}, which is not a ResponseCache. Pass memoryResponseCache(), or an object with get and set.`,
    );
  }
  return wrapModel(model, async (request, context) => {
    const key = await computeSha256(stringifyCanonical(await describeRequest(model, request)));
    const cached = await store.get(key);
    if (cached !== undefined) return { ...cached, usage: NO_TOKENS };
    const response = await model.send(request, context);
    if (response.choices.length > 0 && response.choices.every(isComplete)) await store.set(key, response);
    return response;
  });
}

function isComplete({ finish_reason: reason, message }: ChatResponse['choices'][number]): boolean {
  const kind = readFinishKind(reason);
  if ((kind !== 'stop' && kind !== 'calls') || (message.refusal ?? '') !== '') return false;
  const calls = message.tool_calls ?? [];
  if (!calls.every(hasJson)) return false; // Each run would get the same mistake from the cache.
  return getMessageText(message).trim() !== '' || calls.length > 0;
}

function hasJson(call: ToolCall): boolean {
  return call.type === 'custom' || parseJson(call.function.arguments).ok;
}

interface MemoryResponseCacheOptions {
  readonly maxEntries?: number;
}

const MEMORY_RESPONSE_CACHE: OptionTable<MemoryResponseCacheOptions> = {
  keys: { maxEntries: 'number' },
  hints: {
    most: 'The option is "maxEntries".',
    max: 'The option is "maxEntries".',
    limit: 'The option is "maxEntries".',
  },
};

/** Creates a cache in memory. It keeps the newest `maxEntries` responses. @defaultValue `maxEntries`: 1000 */
export function memoryResponseCache(options: MemoryResponseCacheOptions = {}): ResponseCache {
  const { maxEntries = 1_000 } = checkOptions(options, MEMORY_RESPONSE_CACHE, 'memoryResponseCache');
  const limit = checkPositiveInteger(maxEntries, { wrapper: 'memoryResponseCache', field: 'maxEntries' });
  const responses = new Map<string, ChatResponse>();
  return {
    get: (key) => responses.get(key),
    set(key, response) {
      responses.delete(key);
      responses.set(key, response);
      const [oldest] = responses.keys();
      if (responses.size > limit && oldest !== undefined) responses.delete(oldest);
    },
  };
}

const NO_TOKENS = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } as const;
