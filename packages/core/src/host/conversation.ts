import { type Clock, systemClock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { isRecord, stringifyCanonical } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import { getErrorMessage } from '../event/error-data.ts';
import { isKeepable } from './run-id.ts';

/** The messages of many runs: each begins with those before it, and leaves its own. Instructions are not among them. */
export interface Conversation extends Required<ConversationOptions> {
  /** All of them, valid to send. */
  messages(): Promise<readonly Message[]>;
  /**
   * Puts messages at the end, whatever was written meanwhile.
   *
   * @throws ConfigError for what are no messages; HostError `conversation.busy`, `conversation.store`.
   */
  append(messages: readonly Message[]): Promise<void>;
  /** Begins anew. A run that is at work on it then meets a conversation that others have written to: see `onConflict`. */
  clear(): Promise<void>;
}

export interface ConversationOptions {
  /** The same again finds the same messages. */
  readonly id: string;
  readonly store: ConversationStore;
  /**
   * What a run does if others have written to the conversation since it began.
   *
   * - `append`: its messages go to the end. Nothing that was executed is missing.
   * - `fail`: nothing is written; the run rejects with a `ConversationError` that has its messages.
   * - `queue`: as `append`, but a run begins only when the open run of the conversation has ended. It rejects at once with
   *   `conversation.open`, naming that run, if it is suspended or broken off. Needs the host that all of them run on.
   *
   * @defaultValue 'append'
   */
  readonly onConflict?: 'append' | 'fail' | 'queue';
  /** A store that takes longer to read or to write has failed. @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

/** Where conversations are kept: `memoryConversations()`, an SQLite file, a database of yours. */
export interface ConversationStore {
  load(id: string): Promise<StoredConversation | undefined>;
  /**
   * Keeps the first `keep` messages, appends `messages` and increments the version.
   *
   * Contract:
   * - Atomic: writes everything or nothing.
   * - If `writeId` was written to this conversation before, resolves `true` without writing, whatever the version: a run repeats
   *   this call after a crash.
   * - Otherwise, if the stored version is not `version`, resolves `false` without writing.
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
  /** Identifies this write, for as long as the conversation is known. */
  readonly writeId?: string;
}

/**
 * The conversation of that id: `agent.run('And tomorrow?', { conversation: chat })`. Made anew wherever it is needed.
 *
 * @throws ConfigError for an id that can't be kept, what is no store, or a time that is none.
 */
export function conversation(options: ConversationOptions): Conversation {
  const checked = checkOptions(withoutMethods(options), CONVERSATION, 'conversation()');
  const { id, store, onConflict = 'append', timeoutMs = 30_000, clock = systemClock } = checked;
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
  const stored: Stored = { id, store, onConflict, timeoutMs, clock };
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
  keys: {
    id: 'any',
    store: 'any',
    onConflict: { append: true, fail: true, queue: true },
    timeoutMs: 'number',
    clock: 'clock',
  },
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

/** @throws HostError `conversation.store`, `conversation.invalid` */
export async function loaded(stored: Stored): Promise<LoadedConversation> {
  return mended(await found(stored), stored.id);
}

/** Whether it was written; where not, somebody else has written meanwhile. @throws HostError `conversation.store` */
export function saved(stored: Stored, change: ConversationChange): Promise<boolean> {
  return asked(stored, ({ id, store }) => store.save(id, change));
}

/** Whether a write of that id was done before. No stored version is negative, so this writes nothing. */
export function hasWritten(stored: Stored, writeId: string): Promise<boolean> {
  return saved(stored, { version: -1, keep: 0, messages: [], writeId });
}

/** Puts messages at the end, whatever others write meanwhile. Safe to repeat with the same id. */
export function appendOnce(stored: Stored, messages: readonly Message[], writeId: string): Promise<void> {
  return changed(stored, (before) => ({ ...appended(mended(before, stored.id), messages), writeId }));
}

/** How many messages two lists have in common, from the first on. */
export function commonLength(one: readonly Message[], other: readonly Message[]): number {
  const at = one.findIndex((message, index) => !isSame(message, other[index]));
  return at === -1 ? one.length : at;
}

function isSame(one: Message, other: Message | undefined): boolean {
  return one === other || (other !== undefined && stringifyCanonical(one) === stringifyCanonical(other));
}

async function found(stored: Stored): Promise<StoredConversation> {
  return (await asked(stored, ({ id, store }) => store.load(id))) ?? { version: 0, messages: [] };
}

function mended({ version, messages: stored }: StoredConversation, id: string): LoadedConversation {
  try {
    const { messages } = readInput(stored);
    return { version, messages, kept: commonLength(stored, messages) };
  } catch (cause) {
    throw new HostError(
      `Conversation "${id}" is stored as what can't be sent: ${getErrorMessage(cause)} Mend it in the store, or clear it.`,
      { code: 'conversation.invalid', cause },
    );
  }
}

type Rewriting = Pick<ConversationChange, 'keep' | 'messages' | 'writeId'>;

function appended({ messages: before, kept }: LoadedConversation, messages: readonly Message[]): Rewriting {
  const after = readInput([...before, ...messages]).messages;
  return { keep: kept, messages: after.slice(kept) };
}

async function changed(stored: Stored, change: (before: StoredConversation) => Rewriting): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await found(stored);
    if (await saved(stored, { version: before.version, ...change(before) })) return;
  }
  throw new HostError(
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
    if (HostError.isInstance(cause)) throw cause;
    throw new HostError(
      `The store of conversation "${id}" failed: ${getErrorMessage(cause)}. Look at the store, then try again; a run is resumed by its id.`,
      { code: 'conversation.store', cause },
    );
  }
}
