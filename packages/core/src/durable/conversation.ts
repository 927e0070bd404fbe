import { type Clock, systemClock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { ConfigError, DurableError } from '../base/errors.ts';
import { canonicalJson, isRecord } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import { messageOf } from '../event/error-data.ts';
import { isKeepable } from './run-id.ts';

/** The messages of many runs: each begins with those before it, and leaves its own. Instructions are not among them. */
export interface Conversation extends Required<ConversationOptions> {
  /** All of them, valid to send. */
  messages(): Promise<readonly Message[]>;
  /**
   * Puts messages at the end, whatever was written meanwhile.
   *
   * @throws ConfigError for what are no messages; DurableError `conversation.busy`, `conversation.store`.
   */
  append(messages: readonly Message[]): Promise<void>;
  /** Begins anew. A run that is at work on it is told that it has been gone on with. */
  clear(): Promise<void>;
}

export interface ConversationOptions {
  /** The same again finds the same messages. */
  readonly id: string;
  readonly store: ConversationStore;
  /** A store that takes longer to read or to write has failed. @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

/** Where conversations are kept: `memoryConversations()`, an SQLite file, a database of yours. */
export interface ConversationStore {
  load(id: string): Promise<StoredConversation | undefined>;
  /**
   * Writes where the stored version is still `version`, all or nothing, and makes it one more. `false`: another one is there.
   * `true` without writing where that run has written from that version before: a crash makes a run say it twice.
   */
  save(id: string, change: ConversationChange): Promise<boolean>;
}

export interface StoredConversation {
  /** Counts up from 1 with each write, for as long as the id is known. */
  readonly version: number;
  readonly messages: readonly Message[];
}

export interface ConversationChange {
  /** What was loaded; 0 where there was nothing. */
  readonly version: number;
  /** How many of the stored messages stay, from the first on. */
  readonly keep: number;
  /** What comes after them. */
  readonly messages: readonly Message[];
  /** The run that has said them. */
  readonly runId?: string;
}

/**
 * The conversation of that id: `agent.run('And tomorrow?', { conversation: chat })`. Made anew wherever it is needed.
 *
 * @throws ConfigError for an id that can't be kept, what is no store, or a time that is none.
 */
export function conversation(options: ConversationOptions): Conversation {
  const checked = checkOptions(withoutMethods(options), CONVERSATION, 'conversation()');
  const { id, store, timeoutMs = 30_000, clock = systemClock } = checked;
  if (!isKeepable(id)) {
    throw new ConfigError(
      `A conversation's id is ${JSON.stringify(id)}. Pass a text that is not empty, without NUL characters and lone surrogates.`,
    );
  }
  if (!isRecord(store) || typeof store['load'] !== 'function' || typeof store['save'] !== 'function') {
    throw new ConfigError(
      `Conversation "${id}" has no store. Pass memoryConversations(), or another ConversationStore.`,
    );
  }
  if (!(timeoutMs > 0)) {
    throw new ConfigError(`Conversation "${id}": timeoutMs is ${timeoutMs}. Pass a number greater than 0.`);
  }
  const stored: Stored = { id, store, timeoutMs, clock };
  return {
    ...stored,
    messages: async () => (await loaded(stored)).messages,
    append: async (messages) => {
      const { length } = readInput(messages).messages; // What are no messages is told before anything is read.
      if (length > 0) await changed(stored, (before) => appended(mended(before, id), messages));
    },
    clear: () => changed(stored, () => ({ keep: 0, messages: [] })),
  };
}

/** One may be made from another: `conversation({ ...chat, timeoutMs: 5_000 })`. */
function withoutMethods(options: ConversationOptions | Conversation): ConversationOptions {
  if (typeof options !== 'object' || options === null || !('append' in options)) return options;
  const { messages: _, append: __, clear: ___, ...own } = options;
  return own;
}

const CONVERSATION: OptionTable<ConversationOptions> = {
  keys: { id: 'any', store: 'any', timeoutMs: 'number', clock: 'clock' },
  hints: { sessionId: 'The option is "id".', threadId: 'The option is "id".', conversationId: 'The option is "id".' },
};

interface Stored extends Required<ConversationOptions> {
  /** Whoever reads may give up; what was said is written to the end. */
  readonly signal?: AbortSignal;
}

export interface LoadedConversation extends StoredConversation {
  /** How many of the messages are as they were stored: all of them, but where somebody else wrote what can't be sent. */
  readonly kept: number;
}

/** @throws DurableError `conversation.store`, `conversation.invalid` */
export async function loaded(stored: Stored): Promise<LoadedConversation> {
  return mended(await found(stored), stored.id);
}

/** Whether it was written; where not, somebody else has written meanwhile. @throws DurableError `conversation.store` */
export function saved(stored: Stored, change: ConversationChange): Promise<boolean> {
  return asked(stored, ({ id, store }) => store.save(id, change));
}

/** How many messages two lists have in common, from the first on. */
export function commonLength(one: readonly Message[], other: readonly Message[]): number {
  const at = one.findIndex((message, index) => !isSame(message, other[index]));
  return at === -1 ? one.length : at;
}

function isSame(one: Message, other: Message | undefined): boolean {
  return one === other || (other !== undefined && canonicalJson(one) === canonicalJson(other));
}

async function found(stored: Stored): Promise<StoredConversation> {
  return (await asked(stored, ({ id, store }) => store.load(id))) ?? { version: 0, messages: [] };
}

function mended({ version, messages: stored }: StoredConversation, id: string): LoadedConversation {
  try {
    const { messages } = readInput(stored);
    return { version, messages, kept: commonLength(stored, messages) };
  } catch (cause) {
    throw new DurableError(
      `Conversation "${id}" is stored as what can't be sent: ${messageOf(cause)} Mend it in the store, or clear it.`,
      { code: 'conversation.invalid', cause },
    );
  }
}

type Rewriting = Pick<ConversationChange, 'keep' | 'messages'>;

function appended({ messages: before, kept }: LoadedConversation, messages: readonly Message[]): Rewriting {
  const after = readInput([...before, ...messages]).messages;
  return { keep: kept, messages: after.slice(kept) };
}

async function changed(stored: Stored, change: (before: StoredConversation) => Rewriting): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await found(stored);
    if (await saved(stored, { version: before.version, ...change(before) })) return;
  }
  throw new DurableError(
    `Conversation "${stored.id}" was written by others ${TRIES} times in between. Try again when they are done.`,
    { code: 'conversation.busy' },
  );
}

/** Of those who write at once, one gets on each time. */
const TRIES = 10;

async function asked<T>(stored: Stored, ask: (stored: Stored) => Promise<T>): Promise<T> {
  const { id, clock, timeoutMs, signal = new AbortController().signal } = stored;
  const timeoutError = (): Error => new Error(`it did not answer within ${timeoutMs / 1000} s`);
  try {
    return await withDeadline(() => ask(stored), { clock, signal, timeoutMs, timeoutError });
  } catch (cause) {
    if (DurableError.is(cause)) throw cause;
    throw new DurableError(
      `The store of conversation "${id}" failed: ${messageOf(cause)}. Look at the store, then try again; a run is resumed by its id.`,
      { code: 'conversation.store', cause },
    );
  }
}
