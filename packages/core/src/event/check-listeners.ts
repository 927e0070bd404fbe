import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { closest, excerpt } from '../base/text.ts';
import type { EventType } from './event.ts';
import type { Listeners } from './observers.ts';

/** Every type of event, and `'*'` for all of them. */
const EVENT_TYPES: Readonly<Record<EventType | '*', true>> = {
  '*': true,
  'run.started': true,
  'run.suspended': true,
  'run.aborted': true,
  'run.refused': true,
  'run.finished': true,
  'turn.planned': true,
  'attempt.started': true,
  'attempt.failed': true,
  'model.text': true,
  'model.reasoning': true,
  'model.refusal': true,
  'model.call': true,
  'model.discarded': true,
  'model.replied': true,
  'model.failed': true,
  'model.lost': true,
  'model.asked_again': true,
  'wire.mended': true,
  'output.partial': true,
  'output.checked': true,
  'approval.requested': true,
  'approval.waived': true,
  'approval.answered': true,
  'approval.expired': true,
  'tool.started': true,
  'tool.progress': true,
  'tool.finished': true,
  'tool.failed': true,
  'tool.skipped': true,
  'tool.suspended': true,
  'tool.late': true,
  'user.wrote': true,
  'user.steered': true,
  'agent.changed': true,
  'limit.reached': true,
  'limit.refused': true,
  'loop.stuck': true,
  'listener.failed': true,
};

/** @throws ConfigError for what is no object of functions by types of events. */
export function checkListeners(listeners: Listeners, where: string): void {
  if (typeof listeners !== 'object' || listeners === null) {
    throw new ConfigError(
      `${where} is no object. Pass functions by the type of event that they hear: { 'tool.finished': (event) => … }.`,
    );
  }
  for (const [type, listener] of Object.entries(listeners)) {
    if (listener !== undefined) checkListener(type, listener, where);
  }
}

/** @throws ConfigError for a type of which there are no events, which nobody would ever hear, and for what is no function. */
export function checkListener(type: string, listener: unknown, where: string): void {
  if (typeof type !== 'string' || !Object.hasOwn(EVENT_TYPES, type)) {
    throw new ConfigError(`${where}: there is no event ${shown(type)}. ${nearest(String(type))}`);
  }
  if (typeof listener === 'function') return;
  throw new ConfigError(
    `${where}: "${type}" is ${describeValue(listener)}. Pass a function that hears such events: (event) => ….`,
  );
}

function shown(type: unknown): string {
  return typeof type === 'string' ? JSON.stringify(excerpt(type, 60)) : describeValue(type);
}

/** Other libraries name events by their last part: `text`, `finished`. */
function nearest(type: string): string {
  const types = Object.keys(EVENT_TYPES);
  const last = types.filter((each) => each.split('.')[1] === type);
  const meant = last.length > 0 ? last : [closest(type, types)].filter((each) => each !== undefined);
  if (meant.length > 0) return `Did you mean ${meant.map((each) => JSON.stringify(each)).join(' or ')}?`;
  return `The types are: ${types.join(', ')}.`;
}
