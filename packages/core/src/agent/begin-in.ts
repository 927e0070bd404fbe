import type { Cancellation } from '../base/cancellation.ts';
import type { History } from '../chat/history.ts';
import { readInput } from '../chat/read-input.ts';
import { type Conversation, loaded } from '../host/conversation.ts';
import type { RunRecord } from '../host/host.ts';

export interface BegunIn {
  /** What the run begins with. */
  readonly history: History;
  /** What its record says of the conversation. */
  readonly recorded: Pick<RunRecord, 'conversation'>;
  /** Whether the run was aborted before the conversation was there. */
  readonly isGivenUp: boolean;
}

export interface BeginningIn {
  readonly said: History;
  readonly cancellation: Cancellation;
}

/** What is said comes after what the conversation has. */
export async function beginIn(
  conversation: Conversation | undefined,
  { said, cancellation }: BeginningIn,
): Promise<BegunIn> {
  if (conversation === undefined) return { history: said, recorded: {}, isGivenUp: false };
  try {
    const { id } = conversation;
    const { version, messages, kept } = await loaded({ ...conversation, signal: cancellation.signal });
    const history = readInput([...messages, ...said.messages]);
    return { history, recorded: { conversation: { id, version, kept } }, isGivenUp: false };
  } catch (error) {
    if (!cancellation.isCancelled) throw error;
    return { history: said, recorded: {}, isGivenUp: true };
  }
}
