import type { Json } from '../base/json.ts';
import type { JournalEvent } from './journal-event.ts';
import type { LiveEvent } from './live-event.ts';

export interface EventStamp {
  readonly runId: string;
  /** Where in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** Who acts: the agent of that path, or the one that the conversation was handed over to. */
  readonly agent: string;
  /** Counts the events of this attempt at the run, from 1. A reader that comes later gets no live events of what is over. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** True where the event was recorded before this attempt, or before this run began to follow another. Metrics pass over these. */
  readonly replayed?: true;
}

/** What every event about a call has. Derived when the event is emitted: a journal holds arguments and results once. */
export interface ToolCallFields {
  readonly toolCallId: string;
  readonly toolName: string;
  /** The arguments, parsed; of a custom tool the text. Absent where they are no JSON. */
  readonly input?: Json;
}

/** The value that the tool gave, as JSON; `content` is the text that the model reads. */
interface OutputField {
  readonly output: Json;
}

type WithCallFields<Event> = Event extends { readonly type: 'tool.finished' }
  ? Event & ToolCallFields & OutputField
  : Event extends { readonly type: `tool.${string}` | `approval.${string}` }
    ? Event & ToolCallFields
    : Event;

/** A fact or a notice, stamped. JSON throughout. */
export type RunEvent = WithCallFields<JournalEvent | LiveEvent> & EventStamp;

export type EventType = RunEvent['type'];

/** The event of one type. */
export type EventOf<Type extends EventType> = Extract<RunEvent, { readonly type: Type }>;
