import { getCallArguments, getCallName, type ToolCall } from '../chat/message.ts';
import type { RunEvent } from './event.ts';

/**
 * Formats an event for a terminal: one line without a line break, or `undefined` for an event that needs no line.
 *
 * For `text.delta` it returns the piece of text, which is not a line. Write the pieces without separators.
 */
export function formatEvent(event: RunEvent): string | undefined {
  const text = formatLine(event);
  if (text === undefined || event.path === '' || event.type === 'text.delta') return text;
  return `   [${event.agent}] ${text.trimStart()}`;
}

function formatLine(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'attempt.started':
      return `── turn ${event.turn}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''} (${event.model})`;
    case 'attempt.failed': {
      const retry = event.retryInMs === undefined ? '' : ` (again in ${event.retryInMs} ms)`;
      return `   ! ${event.error.message}${retry}`;
    }
    case 'text.delta':
      // Nested agents run in parallel, so their pieces would be mixed.
      return event.path === '' ? event.delta : undefined;
    case 'model.failed':
      return `   ! The model failed: ${event.error.message}`;
    case 'tool.finished':
      return `   ✓ ${formatCall(event.call)}\n${formatResult(event.content)}  (${event.durationMs} ms)`;
    case 'tool.failed':
      return `   ✗ ${formatCall(event.call)}\n${formatResult(event.content)}  (${event.durationMs} ms)`;
    case 'tool.skipped':
      return `   – ${formatCall(event.call)}\n${formatResult(event.content)}`;
    case 'approval.requested':
      return `   ? ${formatCall(event.pending.call)} waits (${event.pending.reason}): ${event.pending.id}`;
    case 'approval.answered':
      return `   ? ${event.toolName}: ${event.answer.type}`;
    case 'approval.expired':
      return `   ? ${event.toolName}: no answer in time`;
    case 'step.finished':
      return `   ✓ step ${event.label}  (${event.durationMs} ms)`;
    case 'step.failed':
      return `   ✗ step ${event.label}: ${event.error?.message ?? event.status}  (${event.durationMs} ms)`;
    case 'handoff.completed':
      return `── ${event.from} hands over to ${event.to}`;
    case 'limit.approaching':
    case 'limit.exceeded':
      return `   ! limits.${event.limit}: ${event.spent} of ${event.max}`;
    case 'listener.failed':
      return `   ! A listener to ${event.event} failed: ${event.error.message}`;
  }
  return undefined;
}

function formatCall(call: ToolCall): string {
  return `${getCallName(call)} ${getCallArguments(call)}`;
}

function formatResult(content: string): string {
  return `     ${content.replaceAll('\n', '\n     ').slice(0, MAX_CHARACTERS)}`;
}

const MAX_CHARACTERS = 300;
