import { ConfigError } from '../base/errors.ts';
import type { Listeners } from './observers.ts';

/** @throws ConfigError for what is no object of functions. Where it is checked which types of events there are: `checkEventType`. */
export function checkListeners(listeners: Listeners, where: string): void {
  if (typeof listeners !== 'object' || listeners === null) {
    throw new ConfigError(
      `${where} is no object. Pass functions by the type of event that they hear: { 'tool.finished': (event) => … }.`,
    );
  }
  for (const [type, listener] of Object.entries(listeners)) {
    if (listener !== undefined && typeof listener !== 'function') {
      throw new ConfigError(
        `${where}: "${type}" is ${JSON.stringify(listener)}. Pass a function that hears such events.`,
      );
    }
  }
}
