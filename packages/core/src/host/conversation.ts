import { type Clock, systemClock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { isRecord, stringifyCanonical } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import { getErrorMessage } from '../event/error-data.ts';
import type { StandingApproval } from '../event/outcome.ts';
import { isStorable } from './read-run-id.ts';

/** The messages of many runs: each run begins with the stored messages and appends its own. Instructions are not stored. */
export interface Conversation extends Required<ConversationOptions> {
  /** Reads all messages, valid to send. @throws HostError `conversation.store`, `conversation.invalid`. */
  getMessages(): Promise<readonly Message[]>;
  /**
   * Appends messages, after whatever others wrote in the meantime.
   *
   * @throws ConfigError for invalid messages; HostError `conversation.busy`, `conversation.store`.
   */
  append(messages: readonly Message[]): Promise<void>;
  /** Reads the approvals of later calls, by answers with `always: true` in runs of the conversation. @throws HostError as `getMessages`. */
  getStandingApprovals(): Promise<readonly StandingApproval[]>;
  /**
   * Revokes approvals of later calls, for runs that begin after that.
   *
   * @param which - @defaultValue all
   * @throws HostError as `append`.
   */
  revokeStandingApprovals(which?: (approval: StandingApproval) => boolean): Promise<void>;
  /** Removes all messages, with the approvals of later calls and the last agent. A run that is working on the conversation then has a conflict: see `onConflict`. */
  clear(): Promise<void>;
}

export interface ConversationOptions {
  /** Identifies the conversation in the store. */
  readonly id: string;
  readonly store: ConversationStore;
  /**
   * What a run does if others have written to the conversation since it began:
   *
   * - `append`: appends its messages to theirs, so that every executed call stays in the conversation.
   * - `fail`: writes nothing; the run rejects with a `ConversationError` that has its messages.
   * - `queue`: as `append`, but a run begins only when the open run of the conversation has ended. If that run is suspended or
   *   interrupted, the new one rejects at once with `conversation.open`. Needs one host for all runs of the conversation.
   *
   * @defaultValue 'append'
   */
  readonly onConflict?: 'append' | 'fail' | 'queue';
  /**
   * Which agent a run begins with: the `given` one, which is run, or the `last` one that had the conversation. `last` hands over to it before
   * the first turn, if a handoff leads from the given agent to it and its `when` allows it; the handoff's `inputFilter` applies, and
   * `limits.handoffs` does not count it. Otherwise the given agent begins.
   *
   * @defaultValue 'given'
   */
  readonly startingAgent?: 'given' | 'last';
  /** How long a read or a write of the store may take before it counts as failed. @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
}

/** Stores conversations: `memoryConversations()`, `sqliteConversations()`, or a store of yours. */
export interface ConversationStore {
  load(id: string): Promise<StoredConversation | undefined>;
  /**
   * Keeps the first `keep` messages, appends `messages`, stores `details`, and increments the version.
   *
   * Contract:
   * - Atomic: writes everything or nothing.
   * - If `writeId` was written to this conversation before, resolves `true` without writing, whatever the version: a run repeats
   *   this call after a crash.
   * - Otherwise, if the stored version is not `version`, resolves `false` without writing.
   * - `details` replaces the stored details. Without it they stay.
   */
  save(id: string, change: ConversationChange): Promise<boolean>;
}

export interface StoredConversation {
  /** 1 after the first write; each write increments it. */
  readonly version: number;
  readonly messages: readonly Message[];
  /** As the last `save` with details wrote them. */
  readonly details?: ConversationDetails;
}

/** What a conversation has besides its messages: a JSON object, which a store keeps as it is. */
export interface ConversationDetails {
  /** The agent that had the conversation last. */
  readonly lastAgent?: string;
  readonly standingApprovals?: readonly StandingApproval[];
}

export interface ConversationChange {
  /** The version that was loaded; 0 if the conversation did not exist. */
  readonly version: number;
  /** How many of the stored messages stay, counted from the first. */
  readonly keep: number;
  /** The messages to append to those. */
  readonly messages: readonly Message[];
  /** The details to store. Absent: they stay. */
  readonly details?: ConversationDetails;
  /** Identifies this write for as long as the conversation exists. */
  readonly writeId?: string;
}

/**
 * Makes a handle of the conversation with that id: `agent.run('And tomorrow?', { conversation: chat })`. Handles hold no state: make one wherever it is needed.
 *
 * @throws ConfigError for an invalid id, store or timeout.
 */
export function conversation(options: ConversationOptions): Conversation {
  const checked = checkOptions(withoutMethods(options), CONVERSATION, 'conversation()');
  const {
    id,
    store,
    onConflict = 'append',
    startingAgent = 'given',
    timeoutMs = 30_000,
    clock = systemClock,
  } = checked;
  if (!isStorable(id)) {
    throw new ConfigError(
      `conversation(): id is ${JSON.stringify(id)}. Pass a text that is not empty, without NUL characters and lone surrogates.`,
    );
  }
  if (!isRecord(store) || typeof store['load'] !== 'function' || typeof store['save'] !== 'function') {
    throw new ConfigError(
      `Conversation "${id}": store has no load() and save(). Pass memoryConversations() or another ConversationStore.`,
    );
  }
  if (!(timeoutMs > 0)) {
    throw new ConfigError(`Conversation "${id}": timeoutMs is ${timeoutMs}. Pass a number greater than 0.`);
  }
  const stored: ConversationAccess = { id, store, onConflict, startingAgent, timeoutMs, clock };
  return {
    ...stored,
    getMessages: async () => (await readStoredConversation(stored)).messages,
    append: async (messages) => {
      const { length } = readInput(messages).messages; // Invalid messages throw before the store is read.
      if (length > 0)
        await changeConversation(stored, (before) => appendMessages(repairConversation(before, id), messages));
    },
    getStandingApprovals: async () => (await findConversation(stored)).details?.standingApprovals ?? [],
    revokeStandingApprovals: (which = () => true) =>
      changeConversation(stored, ({ messages, details = {} }) => {
        const kept = (details.standingApprovals ?? []).filter((approval) => !which(approval));
        return { keep: messages.length, messages: [], details: { ...details, standingApprovals: kept } };
      }),
    clear: () => changeConversation(stored, () => ({ keep: 0, messages: [], details: {} })),
  };
}

/** Allows options copied from another conversation: `conversation({ ...chat, timeoutMs: 5_000 })`. */
function withoutMethods(options: ConversationOptions | Conversation): ConversationOptions {
  if (typeof options !== 'object' || options === null || !('append' in options)) return options;
  const {
    getMessages: _,
    append: __,
    clear: ___,
    getStandingApprovals: ____,
    revokeStandingApprovals: _____,
    ...own
  } = options;
  return own;
}

const CONVERSATION: OptionTable<ConversationOptions> = {
  keys: {
    id: 'any',
    store: 'any',
    onConflict: { append: true, fail: true, queue: true },
    startingAgent: { given: true, last: true },
    timeoutMs: 'number',
    clock: 'clock',
  },
  hints: { sessionId: 'The option is "id".', threadId: 'The option is "id".', conversationId: 'The option is "id".' },
};

interface ConversationAccess extends Required<ConversationOptions> {
  /** Aborts a read. A write is never aborted: an executed call must not be missing from the conversation. */
  readonly signal?: AbortSignal;
}

export interface LoadedConversation extends StoredConversation {
  /** How many messages, counted from the first, equal the stored ones. Fewer than all if the stored messages had to be repaired before sending. */
  readonly keptCount: number;
}

/** @throws HostError `conversation.store`, `conversation.invalid` */
export async function readStoredConversation(stored: ConversationAccess): Promise<LoadedConversation> {
  return repairConversation(await findConversation(stored), stored.id);
}

/** Resolves `false` if another writer has changed the version in the meantime. @throws HostError `conversation.store` */
export function saveConversationChange(stored: ConversationAccess, change: ConversationChange): Promise<boolean> {
  return callStore(stored, ({ id, store }) => store.save(id, change));
}

/** Whether a write with that id was done before. No stored version is negative, so this save never writes. */
export function hasWritten(stored: ConversationAccess, writeId: string): Promise<boolean> {
  return saveConversationChange(stored, { version: -1, keep: 0, messages: [], writeId });
}

/** Appends messages, whatever others write in the meantime. Safe to repeat with the same id. */
export function appendOnce(
  stored: ConversationAccess,
  messages: readonly Message[],
  { writeId, details: own }: { readonly writeId: string; readonly details?: ConversationDetails },
): Promise<void> {
  return changeConversation(stored, (before) => ({
    ...appendMessages(repairConversation(before, stored.id), messages),
    writeId,
    ...(own !== undefined && { details: addDetails(before.details, own) }),
  }));
}

/** Adds what a run leaves in the conversation to the details that it has. */
export function addDetails(before: ConversationDetails = {}, own: ConversationDetails): ConversationDetails {
  const approvals = [...(before.standingApprovals ?? []), ...(own.standingApprovals ?? [])];
  return { ...before, ...own, ...(approvals.length > 0 && { standingApprovals: approvals }) };
}

/** Counts the equal messages of two lists, from the first on. */
export function countCommonMessages(one: readonly Message[], other: readonly Message[]): number {
  const at = one.findIndex((message, index) => !isSame(message, other[index]));
  return at === -1 ? one.length : at;
}

function isSame(one: Message, other: Message | undefined): boolean {
  return one === other || (other !== undefined && stringifyCanonical(one) === stringifyCanonical(other));
}

async function findConversation(stored: ConversationAccess): Promise<StoredConversation> {
  return (await callStore(stored, ({ id, store }) => store.load(id))) ?? { version: 0, messages: [] };
}

function repairConversation({ messages: stored, ...rest }: StoredConversation, id: string): LoadedConversation {
  try {
    const { messages } = readInput(stored);
    return { ...rest, messages, keptCount: countCommonMessages(stored, messages) };
  } catch (cause) {
    throw new HostError(
      `Conversation "${id}" has stored messages that cannot be sent: ${getErrorMessage(cause)} Repair them in the store, or clear the conversation.`,
      { code: 'conversation.invalid', cause },
    );
  }
}

type ConversationRewrite = Pick<ConversationChange, 'keep' | 'messages' | 'details' | 'writeId'>;

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
    `Conversation "${stored.id}" was changed by other writers during each of ${MAX_TRIES} tries. Try again when they have finished.`,
    { code: 'conversation.busy' },
  );
}

/** Of several concurrent writers, one succeeds in each round. */
const MAX_TRIES = 10;

async function callStore<T>(stored: ConversationAccess, ask: (stored: ConversationAccess) => Promise<T>): Promise<T> {
  const { id, clock, timeoutMs, signal = new AbortController().signal } = stored;
  const createTimeoutError = (): Error => new Error(`it did not answer within ${timeoutMs / 1000} s`);
  try {
    return await withDeadline(() => ask(stored), { clock, signal, timeoutMs, timeoutError: createTimeoutError });
  } catch (cause) {
    if (HostError.isInstance(cause)) throw cause;
    throw new HostError(
      `The store of conversation "${id}" failed: ${getErrorMessage(cause)}. Check the store, then try again; resume a run by its id.`,
      { code: 'conversation.store', cause },
    );
  }
}
