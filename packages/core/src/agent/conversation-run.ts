import { type Cancellation, runUntilCancelled } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { HostError } from '../base/errors.ts';
import { stringifyCanonical } from '../base/json.ts';
import type { History } from '../chat/history.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import { readInput } from '../chat/read-input.ts';
import type { Outcome } from '../event/outcome.ts';
import {
  appendOnce,
  type Conversation,
  countCommonMessages,
  hasWritten,
  readStoredConversation,
  saveConversationChange,
} from '../host/conversation.ts';
import type { ConversationConflict } from '../host/errors.ts';
import { hasEnded, pollRun } from '../host/follow-events.ts';
import type { Host, RunRecord, RunSummary } from '../host/host.ts';
import { findLiveRun } from '../host/live-runs.ts';

export interface ConversationEnd {
  readonly conversation: Conversation | undefined;
  readonly outcome: Outcome<unknown>;
}

export interface SavedOutcome {
  readonly outcome: Outcome<unknown>;
  /** If somebody else has written to the conversation meanwhile, and it takes no run's messages then. */
  readonly unkept?: Omit<ConversationConflict<unknown>, 'outcome'>;
}

/**
 * Appends the run's new messages to its conversation. Safe to repeat: the store ignores a second write of the same id.
 *
 * A suspended run writes the messages that it began with, so that whoever reads the conversation meanwhile finds what the user said.
 */
export async function saveConversation(
  record: RunRecord,
  { conversation, outcome }: ConversationEnd,
): Promise<SavedOutcome> {
  const { runId, at, conversation: recorded } = record;
  // What a guard refused is to be read by no later run.
  const isRefused = outcome.status === 'refused' && outcome.guard !== undefined;
  if (conversation === undefined || recorded === undefined || isRefused) return { outcome };
  // A run of the same id on another host is another run.
  const writeId = `${runId} ${at}`;
  const own = findOwnMessages({ ...record, conversation: recorded }, outcome);
  const write: ConversationWrite = {
    conversation,
    version: recorded.version,
    own,
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
  /** How many of the conversation's messages stay as they are. */
  readonly keep: number;
  /** What comes after them: what the run began with, then its turns. Begins with a summary if earlier messages were compacted. */
  readonly added: readonly Message[];
  /** The first ones of `added`: what the run began with. Empty if they were compacted. */
  readonly input: readonly Message[];
  /** `added` without messages that the conversation had before, for a conversation that others have written to. */
  readonly fresh: readonly Message[];
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

/** A guard may have changed the text of a message, but a summary in its place makes another list of roles. */
function findInput(
  messages: readonly Message[],
  { keep, begun }: { readonly keep: number; readonly begun: readonly Message[] },
): readonly Message[] {
  const input = messages.slice(keep, begun.length);
  return input.every(({ role }, index) => role === begun[keep + index]?.role) ? input : [];
}

/** A result that was changed goes with its call, so that what is added can be added elsewhere too. */
function keepWholeTurns(messages: readonly Message[], keep: number): number {
  let at = keep;
  while (at > 0 && messages[at]?.role === 'tool') at--;
  return at;
}

/** Leaves out each turn that is known: a message with its tool results. */
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
  /** The version that the run went on from. */
  readonly version: number;
  readonly own: OwnMessages;
  readonly writeId: string;
  readonly inputId: string;
}

async function writeInput({ conversation, version, own, inputId }: ConversationWrite): Promise<void> {
  const { keep, input } = own;
  if (input.length === 0) return;
  const isWritten = await saveConversationChange(conversation, { version, keep, messages: input, writeId: inputId });
  if (!isWritten && conversation.onConflict !== 'fail') await appendOnce(conversation, input, inputId);
}

/** Gives what could not be written. */
async function writeAll(write: ConversationWrite): Promise<readonly Message[] | undefined> {
  const { conversation, version, own, writeId, inputId } = write;
  const { keep, added, input, fresh } = own;
  if (await saveConversationChange(conversation, { version, keep, messages: added, writeId })) return undefined;
  const hasInput = input.length > 0 && (await hasWritten(conversation, inputId));
  if (conversation.onConflict === 'fail') {
    const rest = { version: version + 1, keep: keep + input.length, messages: added.slice(input.length), writeId };
    if (hasInput) return (await saveConversationChange(conversation, rest)) ? undefined : rest.messages;
    return added;
  }
  await appendOnce(conversation, hasInput ? added.slice(input.length) : fresh, writeId);
  return undefined;
}

export interface ConversationStart {
  /** What the run begins with. */
  readonly history: History;
  /** What its record says of the conversation. */
  readonly recorded: Pick<RunRecord, 'conversation'>;
  /** Whether the run was aborted before the conversation was there. */
  readonly isGivenUp: boolean;
}

/** Gives what a run begins with: the messages of the conversation, then what is said. */
export async function loadConversation(
  conversation: Conversation | undefined,
  { said, cancellation }: { readonly said: History; readonly cancellation: Cancellation },
): Promise<ConversationStart> {
  if (conversation === undefined) return { history: said, recorded: {}, isGivenUp: false };
  try {
    const { id } = conversation;
    const { version, messages, keptCount } = await readStoredConversation({
      ...conversation,
      signal: cancellation.signal,
    });
    const history = readInput([...messages, ...said.messages]);
    return { history, recorded: { conversation: { id, version, kept: keptCount } }, isGivenUp: false };
  } catch (error) {
    if (!cancellation.isCancelled) throw error;
    return { history: said, recorded: {}, isGivenUp: true };
  }
}

/** A run goes on in the conversation that it began in. @throws HostError `run.conversation` */
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
  if (recorded === undefined) return `Run "${runId}" is part of no conversation. Leave out conversation "${given}".`;
  const fix = `Pass { conversation: conversation({ id: "${recorded}", store }) }; a host that resumes runs by itself takes { agent, conversation: (record) => … }.`;
  if (given === undefined) return `Run "${runId}" is part of conversation "${recorded}". ${fix}`;
  return `Run "${runId}" is part of conversation "${recorded}", not of "${given}". ${fix}`;
}

export interface Continuation<Begun> {
  readonly place: ConversationPlace;
  readonly message: UserMessage;
  /** Begins a new run. */
  readonly begin: () => Promise<Begun>;
  /** Finishes a run that was broken off or answered. */
  readonly resume: (runId: string) => Promise<void>;
}

/** The run that has the message now. */
export type Continued<Begun> =
  | { readonly type: 'begun'; readonly begun: Begun }
  | { readonly type: 'open'; readonly runId: string };

/**
 * Says something in a conversation. The open run gets it if there is one:
 * 1. a suspended run gets it as `host.send` gives it;
 * 2. a run at work in this process gets it as `run.steer` does;
 * 3. one that was broken off, or that all answers are there for, is finished first;
 * 4. one at work elsewhere is waited for.
 *
 * Without an open run a new one begins.
 */
export async function continueConversation<Begun>(continuation: Continuation<Begun>): Promise<Continued<Begun>> {
  const { place, message, begin, resume } = continuation;
  for (;;) {
    const next = await takeTurn(place, async (): Promise<Continued<Begun> | RunSummary> => {
      const open = await findOpenRun(place);
      if (open === undefined) return { type: 'begun', begun: await begin() };
      return (await sendTo(open, continuation)) ? { type: 'open', runId: open.runId } : open;
    });
    if ('type' in next) return next;
    const { runId, status } = next;
    const live = findLiveRun(place.host, runId);
    if (live !== undefined) {
      if (await runUntilCancelled(place.cancellation, () => live.steer(message))) return { type: 'open', runId };
    } else if (status === 'running') await waitForRun(runId, place);
    else await resume(runId);
  }
}

/** `false` if it waits for nobody: its answers are there, and nobody has resumed it yet. */
async function sendTo({ runId, status }: RunSummary, { place, message }: Continuation<unknown>): Promise<boolean> {
  if (status !== 'suspended') return false;
  try {
    await place.host.sendMessage(runId, message);
    return true;
  } catch (error) {
    if (HostError.isInstance(error) && error.code === 'run.not_waiting') return false;
    throw error;
  }
}

export interface ConversationPlace {
  readonly host: Host;
  /** The conversation's id. */
  readonly id: string;
  readonly clock: Clock;
  readonly cancellation: Cancellation;
}

/** The newest run of a conversation that has not ended. */
async function findOpenRun({ host, id }: Pick<ConversationPlace, 'host' | 'id'>): Promise<RunSummary | undefined> {
  const runs = await host.listRuns({ conversation: id, order: 'desc', limit: 100 });
  return runs.find(({ status }) => !hasEnded(status));
}

/**
 * Waits until every open run of a conversation has ended.
 *
 * @throws HostError `conversation.open`, naming the run, if nobody works on it: then nobody knows when it ends.
 */
export async function waitForOpenRun(place: ConversationPlace): Promise<void> {
  for (let open = await findOpenRun(place); open !== undefined; open = await findOpenRun(place)) {
    const { runId, status } = open;
    if (status === 'suspended' || status === 'interrupted') throw openRunError(runId, { id: place.id, status });
    await waitForRun(runId, place);
  }
}

/** Waits while somebody works on a run. */
async function waitForRun(runId: string, { host, clock, cancellation }: ConversationPlace): Promise<void> {
  for await (const { status } of pollRun(host, runId, {
    clock,
    signal: cancellation.signal,
    after: Number.MAX_SAFE_INTEGER,
  })) {
    if (status !== 'running' && status !== 'queued') return;
  }
  cancellation.throwIfCancelled();
}

function openRunError(runId: string, { id, status }: { readonly id: string; readonly status: string }): HostError {
  const fix =
    status === 'suspended'
      ? 'Answer what it waits for, write to it by agent.continueConversation, or cancel it.'
      : 'Resume it by agent.resume or agent.continueConversation, or cancel it.';
  return new HostError(`Conversation "${id}" has an open run, "${runId}", which is ${status}. ${fix}`, {
    code: 'conversation.open',
  });
}

/** By host and conversation, the turn that ends last in this process. */
const turns = new WeakMap<Host, Map<string, Promise<void>>>();

/**
 * Does the work when the turns that were taken before in this process are over: of two clicks the second finds the run that the
 * first began. An abort gives up the waiting, not the work.
 */
export async function takeTurn<T>({ host, id, cancellation }: ConversationPlace, work: () => Promise<T>): Promise<T> {
  const known = turns.get(host) ?? new Map<string, Promise<void>>();
  turns.set(host, known);
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
