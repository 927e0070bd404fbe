import type { Json } from '../base/json.ts';
import type { JournalEvent } from './journal-event.ts';
import type { LiveEvent } from './live-event.ts';

export interface EventStamp {
  readonly runId: string;
  /** The position in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** The agent that acts: the agent of the path, or the agent that took over the conversation. */
  readonly agent: string;
  /** Counts the events of this attempt at the run, from 1. A reader that starts later does not get earlier live events. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /**
   * The position in the journal of the run, of an event that its host has stored: the same for every reader, live or replayed, and the one that
   * `host.getRun` and `host.followRun` give. Pass it as `after` to read on from here. Absent in live events, and in `run.finished`,
   * `run.suspended`, `tool.suspended` and events of an abort, which are not stored.
   */
  readonly position?: number;
  /**
   * The name of the step that recorded a journal event, with its path: `model:3`, `tool:1.0/model:2`. `host.fork({ before })` takes it. Absent
   * where `position` would be.
   */
  readonly step?: string;
  /** True if the event was recorded before this attempt, or before this run began to follow another. Metrics skip these events. */
  readonly replayed?: true;
}

/** The fields of every event about a call. Added when the event is emitted, because a journal stores arguments and results once. */
export interface ToolCallFields {
  readonly toolCallId: string;
  readonly toolName: string;
  /** The parsed arguments, or the text for a custom tool. Absent if the arguments are not JSON. */
  readonly input?: Json;
}

/** The value that the tool returned, as JSON. `content` is the text that the model reads. */
interface OutputField {
  readonly output: Json;
}

type WithCallFields<Event> = Event extends { readonly type: 'tool.finished' }
  ? Event & ToolCallFields & OutputField
  : Event extends { readonly type: `tool.${string}` | `approval.${string}` }
    ? Event & ToolCallFields
    : Event;

/** A journal event or a live event, with its stamp. All of it is JSON. */
export type RunEvent = WithCallFields<JournalEvent | LiveEvent> & EventStamp;

export type EventType = RunEvent['type'];

/** The event of one type. */
export type EventOf<Type extends EventType> = Extract<RunEvent, { readonly type: Type }>;
