import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { findClosest, shorten } from '../base/text.ts';
import type { EventType } from './event.ts';
import type { Listeners } from './observers.ts';

/** Every event type, and `'*'` for all of them. */
const EVENT_TYPES: Readonly<Record<EventType | '*', true>> = {
  '*': true,
  'run.started': true,
  'run.suspended': true,
  'run.aborted': true,
  'run.refused': true,
  'run.finished': true,
  'turn.prepared': true,
  'attempt.started': true,
  'attempt.failed': true,
  'text.delta': true,
  'reasoning.delta': true,
  'refusal.delta': true,
  'tool_call.delta': true,
  'attempt.discarded': true,
  'model.responded': true,
  'model.failed': true,
  'request.lost': true,
  'model.reprompted': true,
  'response.repaired': true,
  'output.partial': true,
  'output.checked': true,
  'approval.requested': true,
  'approval.not_required': true,
  'approval.answered': true,
  'approval.expired': true,
  'tool.started': true,
  'tool.progress': true,
  'tool.finished': true,
  'tool.failed': true,
  'tool.skipped': true,
  'tool.suspended': true,
  'tool.late_result': true,
  'user.interrupted': true,
  'user.steering': true,
  'step.finished': true,
  'step.failed': true,
  'flow.ended': true,
  'handoff.completed': true,
  'limit.approaching': true,
  'limit.exceeded': true,
  'tool.repeated_failure': true,
  'listener.failed': true,
};

export function isEventType(type: string): boolean {
  return type !== '*' && Object.hasOwn(EVENT_TYPES, type);
}

/** @throws ConfigError for a value that is not an object of functions by event type. */
export function checkListeners(listeners: Listeners, where: string): void {
  if (typeof listeners !== 'object' || listeners === null) {
    throw new ConfigError(
      `${where} is not an object. Pass functions by event type: { 'tool.finished': (event) => … }.`,
    );
  }
  for (const [type, listener] of Object.entries(listeners)) {
    if (listener !== undefined) checkListener(type, listener, where);
  }
}

/** @throws ConfigError for an unknown event type, which would never call the listener, and for a value that is not a function. */
export function checkListener(type: string, listener: unknown, where: string): void {
  if (typeof type !== 'string' || !Object.hasOwn(EVENT_TYPES, type)) {
    throw new ConfigError(`${where}: there is no event ${describeEventType(type)}. ${findSuggestion(String(type))}`);
  }
  if (typeof listener === 'function') return;
  throw new ConfigError(
    `${where}: "${type}" is ${describeValue(listener)}. Pass a function that takes the event: (event) => ….`,
  );
}

function describeEventType(type: unknown): string {
  return typeof type === 'string' ? JSON.stringify(shorten(type, 60)) : describeValue(type);
}

/** Suggests event types. Other libraries name events by one part: `text`, `finished`. */
function findSuggestion(type: string): string {
  const types = Object.keys(EVENT_TYPES);
  const named = types.filter((each) => each.split('.').includes(type));
  const meant = named.length > 0 ? named : [findClosest(type, types)].filter((each) => each !== undefined);
  if (meant.length > 0) return `Did you mean ${meant.map((each) => JSON.stringify(each)).join(' or ')}?`;
  return `The types are: ${types.join(', ')}.`;
}
