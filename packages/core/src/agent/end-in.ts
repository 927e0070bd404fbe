import type { Message } from '../chat/message.ts';
import { type Conversation, commonLength, saved } from '../durable/conversation.ts';
import type { Unkept } from '../durable/errors.ts';
import type { RunRecord } from '../durable/host.ts';
import type { Outcome } from '../event/outcome.ts';

export interface EndingIn {
  readonly conversation: Conversation | undefined;
  readonly outcome: Outcome<unknown>;
}

export interface Ended {
  readonly outcome: Outcome<unknown>;
  /** Where the conversation was gone on with meanwhile. */
  readonly unkept?: Omit<Unkept<unknown>, 'outcome'>;
}

/** Leaves in the conversation what a run has added, once: to be called again where it is not known whether it was. */
export async function endIn(record: RunRecord, { conversation, outcome }: EndingIn): Promise<Ended> {
  const { runId, messages: begun, conversation: recorded } = record;
  if (conversation === undefined || recorded === undefined || !isSaid(outcome)) return { outcome };
  const { id: conversationId, version, kept } = recorded;
  const keep = wholeTurns(outcome.messages, commonLength(begun.slice(0, kept), outcome.messages));
  const added = outcome.messages.slice(keep);
  if (await saved(conversation, { version, keep, messages: added, runId })) return { outcome };
  return { outcome, unkept: { conversationId, added } };
}

/** A suspended run goes on; what a guard refused is to be read by no later run. */
function isSaid(outcome: Outcome<unknown>): boolean {
  if (outcome.status === 'suspended') return false;
  return outcome.status !== 'refused' || outcome.guard === undefined;
}

/** A result that was changed is told with its call, so that what is added can be added elsewhere too. */
function wholeTurns(messages: readonly Message[], keep: number): number {
  let at = keep;
  while (at > 0 && messages[at]?.role === 'tool') at--;
  return at;
}
