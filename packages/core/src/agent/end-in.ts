import { canonicalJson } from '../base/json.ts';
import type { Message } from '../chat/message.ts';
import type { Outcome } from '../event/outcome.ts';
import { appendOnce, type Conversation, commonLength, hasWritten, saved } from '../host/conversation.ts';
import type { Unkept } from '../host/errors.ts';
import type { RunRecord } from '../host/host.ts';

export interface EndingIn {
  readonly conversation: Conversation | undefined;
  readonly outcome: Outcome<unknown>;
}

export interface Ended {
  readonly outcome: Outcome<unknown>;
  /** If somebody else has written to the conversation meanwhile, and it takes no run's messages then. */
  readonly unkept?: Omit<Unkept<unknown>, 'outcome'>;
}

/**
 * Writes to the conversation what the run has added. Safe to repeat: the store ignores a second write of the same id.
 *
 * A suspended run writes the messages that it began with, so that whoever reads the conversation meanwhile finds what the user said.
 */
export async function endIn(record: RunRecord, { conversation, outcome }: EndingIn): Promise<Ended> {
  const { runId, at, conversation: recorded } = record;
  // What a guard refused is to be read by no later run.
  const isRefused = outcome.status === 'refused' && outcome.guard !== undefined;
  if (conversation === undefined || recorded === undefined || isRefused) return { outcome };
  // A run of the same id on another host is another run.
  const writeId = `${runId} ${at}`;
  const own = ownMessages({ ...record, conversation: recorded }, outcome);
  const writing: Writing = { conversation, version: recorded.version, own, writeId, inputId: `${writeId} input` };
  if (outcome.status === 'suspended') {
    await writeInput(writing);
    return { outcome };
  }
  const added = await writeAll(writing);
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

function ownMessages(
  { messages: begun, conversation: { kept } }: RunRecord & Required<Pick<RunRecord, 'conversation'>>,
  { messages }: Outcome<unknown>,
): OwnMessages {
  const before = begun.slice(0, kept);
  const keep = wholeTurns(messages, commonLength(before, messages));
  const added = messages.slice(keep);
  const input = keep === kept ? inputIn(messages, { keep, begun }) : [];
  return { keep, added, input, fresh: keep === kept ? added : withoutKnownTurns(added, before.slice(keep)) };
}

/** A guard may have changed the text of a message, but a summary in its place makes another list of roles. */
function inputIn(
  messages: readonly Message[],
  { keep, begun }: { readonly keep: number; readonly begun: readonly Message[] },
): readonly Message[] {
  const input = messages.slice(keep, begun.length);
  return input.every(({ role }, index) => role === begun[keep + index]?.role) ? input : [];
}

/** A result that was changed goes with its call, so that what is added can be added elsewhere too. */
function wholeTurns(messages: readonly Message[], keep: number): number {
  let at = keep;
  while (at > 0 && messages[at]?.role === 'tool') at--;
  return at;
}

/** Leaves out each turn that is known: a message with its tool results. */
function withoutKnownTurns(added: readonly Message[], known: readonly Message[]): readonly Message[] {
  const texts = new Set(known.map(canonicalJson));
  const turns: Message[][] = [];
  for (const message of added) {
    if (message.role === 'tool') turns.at(-1)?.push(message);
    else turns.push([message]);
  }
  return turns.filter((turn) => !turn.every((message) => texts.has(canonicalJson(message)))).flat();
}

interface Writing {
  readonly conversation: Conversation;
  /** The version that the run went on from. */
  readonly version: number;
  readonly own: OwnMessages;
  readonly writeId: string;
  readonly inputId: string;
}

async function writeInput({ conversation, version, own, inputId }: Writing): Promise<void> {
  const { keep, input } = own;
  if (input.length === 0) return;
  const isWritten = await saved(conversation, { version, keep, messages: input, writeId: inputId });
  if (!isWritten && conversation.onConflict !== 'fail') await appendOnce(conversation, input, inputId);
}

/** Gives what could not be written. */
async function writeAll(writing: Writing): Promise<readonly Message[] | undefined> {
  const { conversation, version, own, writeId, inputId } = writing;
  const { keep, added, input, fresh } = own;
  if (await saved(conversation, { version, keep, messages: added, writeId })) return undefined;
  const hasInput = input.length > 0 && (await hasWritten(conversation, inputId));
  if (conversation.onConflict === 'fail') {
    const rest = { version: version + 1, keep: keep + input.length, messages: added.slice(input.length), writeId };
    if (hasInput) return (await saved(conversation, rest)) ? undefined : rest.messages;
    return added;
  }
  await appendOnce(conversation, hasInput ? added.slice(input.length) : fresh, writeId);
  return undefined;
}
