import { ConfigError } from '../base/errors.ts';
import { canonicalJson } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { sha256 } from '../base/sha256.ts';
import { finishKind } from '../chat/finish-reason.ts';
import { textOf } from '../chat/message.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatModel } from './chat-model.ts';
import { atLeastOne, checkModel, wrapped } from './wrapped.ts';

/** Where replies are kept: a `Map`, Redis, a file. What it throws counts as thrown by the model. */
export interface ReplyStore {
  get(key: string): ChatReply | undefined | Promise<ChatReply | undefined>;
  set(key: string, reply: ChatReply): unknown;
}

/**
 * The same model, which is not asked twice for the same: a request that was answered before is answered by that reply, at once
 * and at no cost. Kept are whole replies only: a text, or calls; never one that was cut off or filtered, never an error.
 *
 * What counts is the whole request but for whether it is streamed, and the model's name. A reply from the store is told in one piece.
 */
export function withCache(model: ChatModel, store: ReplyStore): ChatModel {
  checkModel(model, 'withCache');
  if (typeof store?.get !== 'function' || typeof store.set !== 'function') {
    throw new ConfigError('withCache: store is no store. Pass memoryStore(), or an object with get and set.');
  }
  return wrapped(model, async (request, context) => {
    const key = await keyOf(model.name, request);
    const known = await store.get(key);
    if (known !== undefined) return { ...known, usage: NOTHING };
    const reply = await model.send(request, context);
    if (reply.choices.every(isWhole)) await store.set(key, reply);
    return reply;
  });
}

function isWhole({ finish_reason: reason, message }: ChatReply['choices'][number]): boolean {
  const kind = finishKind(reason);
  if (kind !== 'stop' && kind !== 'calls') return false;
  return textOf(message).trim() !== '' || (message.tool_calls?.length ?? 0) > 0;
}

interface MemoryStoreOptions {
  readonly most?: number;
}

const MEMORY_STORE: OptionTable<MemoryStoreOptions> = {
  keys: { most: 'number' },
  hints: { maxEntries: 'The option is "most".', max: 'The option is "most".', limit: 'The option is "most".' },
};

/** Replies in memory, the newest so many of them. */
export function memoryStore(options: MemoryStoreOptions = {}): ReplyStore {
  const { most = 1_000 } = checkOptions(options, MEMORY_STORE, 'memoryStore');
  const limit = atLeastOne(most, { wrapper: 'memoryStore', field: 'most' });
  const replies = new Map<string, ChatReply>();
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

function keyOf(model: string, request: ChatRequest): Promise<string> {
  const { stream: _, stream_options: __, ...asked } = request;
  return sha256(canonicalJson([model, asked]));
}
