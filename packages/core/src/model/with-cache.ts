import { ConfigError } from '../base/errors.ts';
import { parseJson, stringifyCanonical } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { computeSha256 } from '../base/sha256.ts';
import { readFinishKind } from '../chat/finish-reason.ts';
import { getMessageText, type ToolCall } from '../chat/message.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { ChatModel } from './chat-model.ts';
import { describeRequest } from './request-identity.ts';
import { atLeastOne, checkModel, wrapped } from './wrapped.ts';

/** Where replies are kept: a `Map`, Redis, a file. What it throws counts as thrown by the model. */
export interface ResponseCache {
  get(key: string): ChatResponse | undefined | Promise<ChatResponse | undefined>;
  set(key: string, reply: ChatResponse): unknown;
}

/**
 * The same model, which is not asked twice for the same: a request that was answered before is answered by that reply, at once
 * and at no cost. Kept are whole replies only: a text, or calls whose arguments are JSON; never one that was cut off, filtered or refused,
 * never an error.
 *
 * What counts is the request as it would be sent: address and query, body, profile, organization, project and all other headers, with the
 * key among them; the store gets a hash of it. A key or headers from a function count with what it gives at that time. Whether the
 * response is streamed does not count, nor do `fetch`, `timeouts` and headers that name a request, such as `x-request-id`. A reply from
 * the store is told in one piece.
 *
 * A hand-written model, and a wrapper of yours around any model, shares replies with no other object, unless it has a `cacheKey`.
 */
export function withCache(model: ChatModel, store: ResponseCache): ChatModel {
  checkModel(model, 'withCache');
  if (typeof store?.get !== 'function' || typeof store.set !== 'function') {
    throw new ConfigError('withCache: store is no store. Pass memoryResponseCache(), or an object with get and set.');
  }
  return wrapped(model, async (request, context) => {
    const key = await computeSha256(stringifyCanonical(await describeRequest(model, request)));
    const known = await store.get(key);
    if (known !== undefined) return { ...known, usage: NOTHING };
    const reply = await model.send(request, context);
    if (reply.choices.length > 0 && reply.choices.every(isWhole)) await store.set(key, reply);
    return reply;
  });
}

function isWhole({ finish_reason: reason, message }: ChatResponse['choices'][number]): boolean {
  const kind = readFinishKind(reason);
  if ((kind !== 'stop' && kind !== 'calls') || (message.refusal ?? '') !== '') return false;
  const calls = message.tool_calls ?? [];
  if (!calls.every(hasJson)) return false; // The model would be shown the same mistake each time.
  return getMessageText(message).trim() !== '' || calls.length > 0;
}

function hasJson(call: ToolCall): boolean {
  return call.type === 'custom' || parseJson(call.function.arguments).ok;
}

interface MemoryStoreOptions {
  readonly maxEntries?: number;
}

const MEMORY_STORE: OptionTable<MemoryStoreOptions> = {
  keys: { maxEntries: 'number' },
  hints: {
    most: 'The option is "maxEntries".',
    max: 'The option is "maxEntries".',
    limit: 'The option is "maxEntries".',
  },
};

/** Replies in memory, the newest so many of them. */
export function memoryResponseCache(options: MemoryStoreOptions = {}): ResponseCache {
  const { maxEntries = 1_000 } = checkOptions(options, MEMORY_STORE, 'memoryResponseCache');
  const limit = atLeastOne(maxEntries, { wrapper: 'memoryResponseCache', field: 'maxEntries' });
  const replies = new Map<string, ChatResponse>();
  return {
    get: (key) => replies.get(key),
    set(key, reply) {
      replies.delete(key);
      replies.set(key, reply);
      const [oldest] = replies.keys();
      if (replies.size > limit && oldest !== undefined) replies.delete(oldest);
    },
  };
}

const NOTHING = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } as const;
