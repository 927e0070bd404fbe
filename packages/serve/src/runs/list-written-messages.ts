import type { Message, UserMessage } from '@pawl/core/chat';
import type { RunProgress } from '@pawl/core/host';

/** Returns the messages that a run found in its conversation. */
export function getMessagesBefore({ record }: Pick<RunProgress, 'record'>): readonly Message[] {
  return record.messages.slice(0, record.conversation?.kept ?? 0);
}

/** Lists the messages of the user that began a run. */
export function listInput({ record }: Pick<RunProgress, 'record'>): readonly UserMessage[] {
  return record.messages.slice(record.conversation?.kept ?? 0).filter((message) => message.role === 'user');
}

/**
 * Lists what the user wrote to a run, in order: the messages that began it, and those that it got while it worked or waited.
 *
 * @param run - with its events
 */
export function listWrittenMessages(run: RunProgress): readonly UserMessage[] {
  const later = run.events.flatMap(({ path, event }): readonly UserMessage[] => {
    if (path !== '') return [];
    if (event.type === 'user.interrupted') return [event.message];
    if (event.type === 'turn.prepared') return event.steeringMessages ?? [];
    if (event.type !== 'model.responded') return [];
    return [...(event.steeringMessages?.before ?? []), ...(event.steeringMessages?.after ?? [])];
  });
  return [...listInput(run), ...later];
}
