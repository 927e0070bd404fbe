import { type Cancellation, runUntilCancelled } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { HostError } from '../base/errors.ts';
import { stringifyCanonical } from '../base/json.ts';
import type { History } from '../chat/history.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import type { Outcome } from '../event/outcome.ts';
import {
  addDetails,
  appendOnce,
  type Conversation,
  type ConversationDetails,
  countCommonMessages,
  hasWritten,
  readStoredConversation,
  saveConversationChange,
} from '../host/conversation.ts';
import type { ConversationConflict } from '../host/errors.ts';
import { hasEnded, pollRun } from '../host/follow-events.ts';
import type { Host, RecordedConversation, RunRecord, RunSummary } from '../host/host.ts';
import { findLiveRun } from '../host/live-runs.ts';

export interface ConversationEnd {
  readonly conversation: Conversation | undefined;
  readonly outcome: Outcome<unknown>;
}

export interface SavedOutcome {
  readonly outcome: Outcome<unknown>;
  /** Set if another run wrote to the conversation meanwhile, and `onConflict` is `'fail'`. */
  readonly unkept?: Omit<ConversationConflict<unknown>, 'outcome'>;
}

/**
 * Appends the run's new messages to its conversation. Safe to repeat: the store ignores a second write with the same id.
 *
 * A suspended run appends only its input, so the conversation shows the user's message meanwhile.
 */
export async function saveConversation(
  record: RunRecord,
  { conversation, outcome }: ConversationEnd,
): Promise<SavedOutcome> {
  const { runId, at, conversation: recorded } = record;
  // A later run must not read what a guard refused.
  const isRefused = outcome.status === 'refused' && outcome.guard !== undefined;
  if (conversation === undefined || recorded === undefined || isRefused) return { outcome };
  // Another host may have another run with the same id, so the write id contains the time.
  const writeId = `${runId} ${at}`;
  const own = findOwnMessages({ ...record, conversation: recorded }, outcome);
  const write: ConversationWrite = {
    conversation,
    version: recorded.version,
    own,
    details: findDetails({ ...record, conversation: recorded }, outcome),
    writeId,
    inputId: `${writeId} input`,
  };
  if (outcome.status === 'suspended') {
    await writeInput(write);
    return { outcome };
  }
  const added = await writeAll(write);
  return added === undefined ? { outcome } : { outcome, unkept: { conversationId: recorded.id, added } };
}

interface OwnMessages {
  /** How many messages of the conversation stay unchanged. */
  readonly keep: number;
  /** The messages after them: the input of the run, then its turns. Begins with a summary if earlier messages were compacted. */
  readonly added: readonly Message[];
  /** The input of the run, which `added` begins with. Empty if it was compacted. */
  readonly input: readonly Message[];
  /** `added` without messages that the conversation had before, for the case that other runs have written to it. */
  readonly fresh: readonly Message[];
}

/** Finds what the run leaves in the conversation besides its messages. */
function findDetails(
  { conversation: { standingApprovals: known = [] } }: RunRecord & Required<Pick<RunRecord, 'conversation'>>,
  { agent, standingApprovals = [] }: Outcome<unknown>,
): ConversationWrite['details'] {
  const given = standingApprovals.slice(known.length); // A run begins with the known ones, and appends.
  const own = { lastAgent: agent, ...(given.length > 0 && { standingApprovals: given }) };
  return { own, all: addDetails(known.length === 0 ? {} : { standingApprovals: known }, own) };
}

function findOwnMessages(
  { messages: begun, conversation: { kept } }: RunRecord & Required<Pick<RunRecord, 'conversation'>>,
  { messages }: Outcome<unknown>,
): OwnMessages {
  const before = begun.slice(0, kept);
  const keep = keepWholeTurns(messages, countCommonMessages(before, messages));
  const added = messages.slice(keep);
  const input = keep === kept ? findInput(messages, { keep, begun }) : [];
  return { keep, added, input, fresh: keep === kept ? added : dropKnownTurns(added, before.slice(keep)) };
}

/** Compares roles: a guard may have changed the text of the input, but a summary has other roles. */
function findInput(
  messages: readonly Message[],
  { keep, begun }: { readonly keep: number; readonly begun: readonly Message[] },
): readonly Message[] {
  const input = messages.slice(keep, begun.length);
  return input.every(({ role }, index) => role === begun[keep + index]?.role) ? input : [];
}

/** Keeps changed results together with their calls, so that the messages can be appended to any conversation. */
function keepWholeTurns(messages: readonly Message[], keep: number): number {
  let at = keep;
  while (at > 0 && messages[at]?.role === 'tool') at--;
  return at;
}

/** Drops known turns. A turn is a message with its tool results. */
function dropKnownTurns(added: readonly Message[], known: readonly Message[]): readonly Message[] {
  const texts = new Set(known.map(stringifyCanonical));
  const turns: Message[][] = [];
  for (const message of added) {
    if (message.role === 'tool') turns.at(-1)?.push(message);
    else turns.push([message]);
  }
  return turns.filter((turn) => !turn.every((message) => texts.has(stringifyCanonical(message)))).flat();
}

interface ConversationWrite {
  readonly conversation: Conversation;
  /** The version of the conversation when the run began. */
  readonly version: number;
  readonly own: OwnMessages;
  /** What the run adds to the details of the conversation, and the details with that if nobody has changed them. */
  readonly details: { readonly own: ConversationDetails; readonly all: ConversationDetails };
  readonly writeId: string;
  readonly inputId: string;
}

async function writeInput({ conversation, version, own, inputId }: ConversationWrite): Promise<void> {
  const { keep, input } = own;
  if (input.length === 0) return;
  const isWritten = await saveConversationChange(conversation, { version, keep, messages: input, writeId: inputId });
  if (!isWritten && conversation.onConflict !== 'fail') await appendOnce(conversation, input, { writeId: inputId });
}

/** Returns the messages that could not be written. */
async function writeAll(write: ConversationWrite): Promise<readonly Message[] | undefined> {
  const { conversation, version, own, details, writeId, inputId } = write;
  const { keep, added, input, fresh } = own;
  const whole = { version, keep, messages: added, details: details.all, writeId };
  if (await saveConversationChange(conversation, whole)) return undefined;
  const hasInput = input.length > 0 && (await hasWritten(conversation, inputId));
  if (conversation.onConflict === 'fail') {
    const rest = { ...whole, version: version + 1, keep: keep + input.length, messages: added.slice(input.length) };
    if (hasInput) return (await saveConversationChange(conversation, rest)) ? undefined : rest.messages;
    return added;
  }
  await appendOnce(conversation, hasInput ? added.slice(input.length) : fresh, { writeId, details: details.own });
  return undefined;
}

export interface ConversationStart {
  /** The messages that the run begins with. */
  readonly history: History;
  /** The fields of the run record about the conversation. */
  readonly recordFields: Pick<RunRecord, 'conversation'>;
  /** Whether the run was aborted before the conversation was loaded. */
  readonly isAborted: boolean;
}

/** Loads the messages of the conversation and appends the input. */
export async function loadConversation(
  conversation: Conversation | undefined,
  { input, cancellation }: { readonly input: History; readonly cancellation: Cancellation },
): Promise<ConversationStart> {
  if (conversation === undefined) return { history: input, recordFields: {}, isAborted: false };
  try {
    const { id, startingAgent } = conversation;
    const {
      version,
      messages,
      keptCount: kept,
      details: { lastAgent, standingApprovals = [] } = {},
    } = await readStoredConversation({
      ...conversation,
      signal: cancellation.signal,
    });
    const history = readInput([...messages, ...input.messages]);
    const recorded: RecordedConversation = {
      ...{ id, version, kept },
      ...(startingAgent === 'last' && lastAgent !== undefined && { startingAgent: lastAgent }),
      ...(standingApprovals.length > 0 && { standingApprovals }),
    };
    return { history, recordFields: { conversation: recorded }, isAborted: false };
  } catch (error) {
    if (!cancellation.isCancelled) throw error;
    return { history: input, recordFields: {}, isAborted: true };
  }
}

/** Checks that a run is resumed in its own conversation. @throws HostError `run.conversation` */
export function checkConversation(
  { runId, conversation: recorded }: Pick<RunRecord, 'runId' | 'conversation'>,
  given: Conversation | undefined,
): void {
  if (recorded?.id === given?.id) return;
  throw new HostError(describeMismatch(runId, { recorded: recorded?.id, given: given?.id }), {
    code: 'run.conversation',
  });
}

interface ConversationIds {
  readonly recorded: string | undefined;
  readonly given: string | undefined;
}

function describeMismatch(runId: string, { recorded, given }: ConversationIds): string {
  if (recorded === undefined) return `Run "${runId}" is not part of a conversation. Remove conversation "${given}".`;
  const fix = `Pass { conversation: conversation({ id: "${recorded}", store }) }; for a host that resumes runs by itself, pass { agent, conversation: (record) => … }.`;
  if (given === undefined) return `Run "${runId}" is part of conversation "${recorded}". ${fix}`;
  return `Run "${runId}" is part of conversation "${recorded}", not of "${given}". ${fix}`;
}

export interface Continuation<Begun> {
  readonly scope: ConversationScope;
  readonly message: UserMessage;
  /** Starts a new run. */
  readonly begin: () => Promise<Begun>;
  /** Finishes an interrupted or answered run. */
  readonly resume: (runId: string) => Promise<void>;
}

/** The run that got the message. */
export type ContinuedRun<Begun> =
  | { readonly type: 'begun'; readonly begun: Begun }
  | { readonly type: 'open'; readonly runId: string };

/**
 * Sends a message to a conversation. If the conversation has an open run:
 * 1. a suspended run gets the message by `host.sendMessage`;
 * 2. a run of this process gets it like by `run.steer`;
 * 3. a run that was interrupted, or that has all its answers, is finished first;
 * 4. a run of another process is awaited.
 *
 * Without an open run a new run starts.
 */
export async function continueConversation<Begun>(continuation: Continuation<Begun>): Promise<ContinuedRun<Begun>> {
  const { scope, message, begin, resume } = continuation;
  for (;;) {
    const next = await runSerially(scope, async (): Promise<ContinuedRun<Begun> | RunSummary> => {
      const open = await findOpenRun(scope);
      if (open === undefined) return { type: 'begun', begun: await begin() };
      return (await sendTo(open, continuation)) ? { type: 'open', runId: open.runId } : open;
    });
    if ('type' in next) return next;
    const { runId, status } = next;
    const live = findLiveRun(scope.host, runId);
    if (live !== undefined) {
      if (await runUntilCancelled(scope.cancellation, () => live.steer(message))) return { type: 'open', runId };
    } else if (status === 'running') await waitForRun(runId, scope);
    else await resume(runId);
  }
}

/** Returns `false` if the run has all its answers and no worker has resumed it yet. */
async function sendTo({ runId, status }: RunSummary, { scope, message }: Continuation<unknown>): Promise<boolean> {
  if (status !== 'suspended') return false;
  try {
    await scope.host.sendMessage(runId, message);
    return true;
  } catch (error) {
    if (HostError.isInstance(error) && error.code === 'run.not_waiting') return false;
    throw error;
  }
}

export interface ConversationScope {
  readonly host: Host;
  /** The id of the conversation. */
  readonly id: string;
  readonly clock: Clock;
  readonly cancellation: Cancellation;
}

/** Finds the newest open run of a conversation. */
async function findOpenRun({ host, id }: Pick<ConversationScope, 'host' | 'id'>): Promise<RunSummary | undefined> {
  const runs = await host.listRuns({ conversation: id, order: 'desc', limit: 100 });
  return runs.find(({ status }) => !hasEnded(status));
}

/**
 * Waits until every open run of a conversation has ended.
 *
 * @throws HostError `conversation.open` if no worker executes the open run: it may never end
 */
export async function waitForOpenRun(scope: ConversationScope): Promise<void> {
  for (let open = await findOpenRun(scope); open !== undefined; open = await findOpenRun(scope)) {
    const { runId, status } = open;
    if (status === 'suspended' || status === 'interrupted') throw createOpenRunError(runId, { id: scope.id, status });
    await waitForRun(runId, scope);
  }
}

/** Waits until no worker executes the run. */
async function waitForRun(runId: string, { host, clock, cancellation }: ConversationScope): Promise<void> {
  for await (const { status } of pollRun(host, runId, {
    clock,
    signal: cancellation.signal,
    after: Number.MAX_SAFE_INTEGER,
  })) {
    if (status !== 'running' && status !== 'queued') return;
  }
  cancellation.throwIfCancelled();
}

function createOpenRunError(
  runId: string,
  { id, status }: { readonly id: string; readonly status: string },
): HostError {
  const fix =
    status === 'suspended'
      ? 'Answer its pending calls, send a message with agent.continueConversation, or cancel it.'
      : 'Resume it with agent.resume or agent.continueConversation, or cancel it.';
  return new HostError(`Conversation "${id}" has an open run, "${runId}", which is ${status}. ${fix}`, {
    code: 'conversation.open',
  });
}

/** The last work of each conversation in this process, by host and conversation id. */
const lastWork = new WeakMap<Host, Map<string, Promise<void>>>();

/**
 * Does the work after all earlier work for the conversation in this process: the second of two simultaneous calls then finds the run
 * that the first one started. A cancellation ends the wait, not the work.
 */
export async function runSerially<T>(
  { host, id, cancellation }: ConversationScope,
  work: () => Promise<T>,
): Promise<T> {
  const known = lastWork.get(host) ?? new Map<string, Promise<void>>();
  lastWork.set(host, known);
  const before = known.get(id) ?? Promise.resolve();
  const { promise: done, resolve: end } = Promise.withResolvers<void>();
  const mine = before.then(() => done);
  known.set(id, mine);
  try {
    await runUntilCancelled(cancellation, () => before);
    return await work();
  } finally {
    end();
    if (known.get(id) === mine) known.delete(id);
  }
}
