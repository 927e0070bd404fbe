import { toErrorData } from './error-data.ts';
import type { LiveEvent } from './live-event.ts';

/** Receives live events. */
export interface LiveEventSink {
  /** Returns a promise if a reader is behind: continue when it resolves. */
  emitLiveEvent(event: LiveEvent): Promise<void> | undefined;
}

/** Reports the failure of something that a user attached to a run, and that changes nothing of the run. */
export function reportFailure(events: LiveEventSink, name: string, error: unknown): void {
  void events.emitLiveEvent({ type: 'listener.failed', event: name, error: toErrorData(error) }); // This event needs no backpressure.
}
