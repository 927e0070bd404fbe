import { type Clock, systemClock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { canonicalJson, isRecord } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import { messageOf } from '../event/error-data.ts';
import { isStorable } from './read-run-id.ts';

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
  if (!isStorable(id)) {
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
  const stored: ConversationAccess = { id, store, onConflict, timeoutMs, clock };
  return {
    ...stored,
    messages: async () => (await readStoredConversation(stored)).messages,
    append: async (messages) => {
      const { length } = readInput(messages).messages; // What are no messages is told before anything is read.
      if (length > 0)
        await changeConversation(stored, (before) => appendMessages(repairConversation(before, id), messages));
    },
    clear: () => changeConversation(stored, () => ({ keep: 0, messages: [] })),
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

interface ConversationAccess extends Required<ConversationOptions> {
  /** Whoever reads may give up; what was said is written to the end. */
  readonly signal?: AbortSignal;
}

export interface LoadedConversation extends StoredConversation {
  /** How many of the messages are as they were stored: all of them, but where somebody else wrote what can't be sent. */
  readonly keptCount: number;
}

/** @throws HostError `conversation.store`, `conversation.invalid` */
export async function readStoredConversation(stored: ConversationAccess): Promise<LoadedConversation> {
  return repairConversation(await findConversation(stored), stored.id);
}

/** Whether it was written; where not, somebody else has written meanwhile. @throws HostError `conversation.store` */
export function saveConversationChange(stored: ConversationAccess, change: ConversationChange): Promise<boolean> {
  return callStore(stored, ({ id, store }) => store.save(id, change));
}

/** Whether a write of that id was done before. No stored version is negative, so this writes nothing. */
export function hasWritten(stored: ConversationAccess, writeId: string): Promise<boolean> {
  return saveConversationChange(stored, { version: -1, keep: 0, messages: [], writeId });
}

/** Puts messages at the end, whatever others write meanwhile. Safe to repeat with the same id. */
export function appendOnce(stored: ConversationAccess, messages: readonly Message[], writeId: string): Promise<void> {
  return changeConversation(stored, (before) => ({
    ...appendMessages(repairConversation(before, stored.id), messages),
    writeId,
  }));
}

/** How many messages two lists have in common, from the first on. */
export function countCommonMessages(one: readonly Message[], other: readonly Message[]): number {
  const at = one.findIndex((message, index) => !isSame(message, other[index]));
  return at === -1 ? one.length : at;
}

function isSame(one: Message, other: Message | undefined): boolean {
  return one === other || (other !== undefined && canonicalJson(one) === canonicalJson(other));
}

async function findConversation(stored: ConversationAccess): Promise<StoredConversation> {
  return (await callStore(stored, ({ id, store }) => store.load(id))) ?? { version: 0, messages: [] };
}

function repairConversation({ version, messages: stored }: StoredConversation, id: string): LoadedConversation {
  try {
    const { messages } = readInput(stored);
    return { version, messages, keptCount: countCommonMessages(stored, messages) };
  } catch (cause) {
    throw new HostError(
      `Conversation "${id}" is stored as what can't be sent: ${messageOf(cause)} Mend it in the store, or clear it.`,
      { code: 'conversation.invalid', cause },
    );
  }
}

type ConversationRewrite = Pick<ConversationChange, 'keep' | 'messages' | 'writeId'>;

function appendMessages(
  { messages: before, keptCount: kept }: LoadedConversation,
  messages: readonly Message[],
): ConversationRewrite {
  const after = readInput([...before, ...messages]).messages;
  return { keep: kept, messages: after.slice(kept) };
}

async function changeConversation(
  stored: ConversationAccess,
  change: (before: StoredConversation) => ConversationRewrite,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = await findConversation(stored);
    if (await saveConversationChange(stored, { version: before.version, ...change(before) })) return;
  }
  throw new HostError(
    `Conversation "${stored.id}" was written by others ${MAX_TRIES} times in between. Try again when they are done.`,
    { code: 'conversation.busy' },
  );
}

/** Of those who write at once, one gets on each time. */
const MAX_TRIES = 10;

async function callStore<T>(stored: ConversationAccess, ask: (stored: ConversationAccess) => Promise<T>): Promise<T> {
  const { id, clock, timeoutMs, signal = new AbortController().signal } = stored;
  const timeoutError = (): Error => new Error(`it did not answer within ${timeoutMs / 1000} s`);
  try {
    return await withDeadline(() => ask(stored), { clock, signal, timeoutMs, timeoutError });
  } catch (cause) {
    if (HostError.isInstance(cause)) throw cause;
    throw new HostError(
      `The store of conversation "${id}" failed: ${messageOf(cause)}. Look at the store, then try again; a run is resumed by its id.`,
      { code: 'conversation.store', cause },
    );
  }
}
