import type { History } from '../chat/history.ts';
import { readInput } from '../chat/read-input.ts';
import { type Conversation, loaded } from '../durable/conversation.ts';
import type { RunRecord } from '../durable/host.ts';

export interface BegunIn {
  /** What the run begins with. */
  readonly history: History;
  /** What its record says of the conversation. */
  readonly recorded: Pick<RunRecord, 'conversation'>;
}

/** What is said comes after what the conversation has. */
export async function beginIn(conversation: Conversation | undefined, said: History): Promise<BegunIn> {
  if (conversation === undefined) return { history: said, recorded: {} };
  const { id } = conversation;
  const { version, messages, kept } = await loaded(conversation);
  return { history: readInput([...messages, ...said.messages]), recorded: { conversation: { id, version, kept } } };
}
