import type { RunEvent } from '@pawl/core';
import { formatEvent } from '@pawl/core/events';

/** Formats an event as lines of stderr; `undefined` if it needs none. Pieces of text are not lines. */
export function formatLine(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'text.delta':
      return undefined;
    case 'model.failed':
      // The end of the run says it.
      return event.path === '' ? undefined : formatEvent(event);
    case 'attempt.started':
      return event.attempt === 1 ? undefined : formatEvent(event);
    case 'response.repaired':
      return event.repairs.map(({ path, note }) => `   ~ repaired ${path}: ${note}`).join('\n');
    case 'model.reprompted':
      return `   ~ the model is asked again: ${event.reason}${event.guard === undefined ? '' : ` (${event.guard})`}`;
    case 'user.steering':
      return '   > the message is sent to the model';
    case 'tool.repeated_failure':
      return `   ! ${event.tool} failed ${event.count} times`;
  }
  // A server leaves out the call itself.
  if ('toolName' in event && event.type.startsWith('tool.') && !('call' in event && event.call !== undefined)) {
    return formatPublicCall(event);
  }
  return formatEvent(event);
}

/** Formats an event about a call of which only the public fields are known. */
function formatPublicCall(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'tool.finished':
    case 'tool.failed':
    case 'tool.skipped': {
      const { toolName, input = {} } = event;
      const call = {
        id: event.toolCallId,
        type: 'function',
        function: { name: toolName, arguments: JSON.stringify(input) },
      } as const;
      return formatEvent({ ...event, call });
    }
  }
  return undefined;
}
