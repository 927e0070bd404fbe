import { type Clock, systemClock } from '../base/clock.ts';
import type { RunEvent } from '../event/event.ts';
import { describeSubject, EventSubjects } from './event-subjects.ts';
import type { LiveRecord, RecordedEvent, RunRecord } from './host.ts';

/**
 * Creates a function that completes the events that `host.getRun` and `host.followRun` give to those that a listener of the run gets: with
 * `runId`, `agent`, `seq` and the fields of calls.
 *
 * Contract:
 * - Pass every event of the run in order, from the first on: an event about a call refers to an earlier one.
 * - Live events have no time of their own; they get that of the call.
 */
export function createEventReader(
  { runId, agent }: Pick<RunRecord, 'runId' | 'agent'>,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): (record: RecordedEvent | LiveRecord) => RunEvent {
  const subjects = new EventSubjects(agent);
  let seq = 0;
  return (record) => {
    const { path } = record;
    const event = 'liveEvent' in record ? record.liveEvent : record.event;
    const place = 'position' in record ? { position: record.position, step: record.step } : undefined;
    const at = 'at' in event ? event.at : clock.now();
    const subject = describeSubject(event, subjects.trackSubject(path, event));
    // An event has the fields of a call exactly if it is about a call, which the compiler cannot infer through the union.
    return { ...event, ...subject, runId, path, seq: ++seq, at, ...place } as RunEvent;
  };
}
