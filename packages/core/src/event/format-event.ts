import { callArguments, callName, type ToolCall } from '../chat/message.ts';
import type { RunEvent } from './event.ts';

/**
 * One event as text for a terminal: a line without its line break, or `undefined` for an event that needs no line.
 *
 * Text of the model (`text.delta`) is given as it comes, in pieces that are no lines: write them one behind the other.
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
      const again = event.retryInMs === undefined ? '' : ` (again in ${event.retryInMs} ms)`;
      return `   ! ${event.error.message}${again}`;
    }
    case 'text.delta':
      // An agent inside works beside others: its pieces would be mixed with theirs.
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
      return `   ? ${event.toolName}: nobody answered in time`;
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
  return `${callName(call)} ${callArguments(call)}`;
}

function formatResult(content: string): string {
  return `     ${content.replaceAll('\n', '\n     ').slice(0, MOST_CHARACTERS)}`;
}

const MOST_CHARACTERS = 300;
