import type { RunEvent } from '@pawl/core';
import type { Message } from '@pawl/core/chat';

/** Reads the conversation of a run from its recorded events. A server without `details` leaves out its first messages. */
export function readMessages(events: readonly RunEvent[]): readonly Message[] {
  return events.filter(({ path }) => path === '').flatMap(listMessages);
}

function listMessages(event: RunEvent): readonly Message[] {
  switch (event.type) {
    case 'run.started':
      return event.messages ?? [];
    case 'turn.prepared':
      return Array.isArray(event.steeringMessages) ? event.steeringMessages : [];
    case 'model.responded': {
      const { before = [], after = [] } = event.steeringMessages ?? {};
      return event.rejection === undefined ? [...before, event.message, ...after] : before;
    }
    case 'model.reprompted':
    case 'limit.approaching':
    case 'tool.repeated_failure':
    case 'user.interrupted':
      return event.message === undefined ? [] : [event.message];
    case 'tool.finished':
    case 'tool.failed':
    case 'tool.skipped':
      return [{ role: 'tool', tool_call_id: event.toolCallId, content: event.content }];
  }
  return [];
}
