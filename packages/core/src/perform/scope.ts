import type { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import type { SystemMessage, UserMessage } from '../chat/message.ts';
import type { ChatSettings } from '../chat/request.ts';
import type { EventType } from '../event/event.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { LiveEventSink } from '../event/report-failure.ts';
import type { StepRecord, StepRunner } from '../host/step-runner.ts';
import type { ActiveTime } from '../limits/active-time.ts';
import type { Budget } from '../limits/budget.ts';
import type { Policy } from '../loop/policy.ts';
import type { RunState } from '../loop/state.ts';
import type { RequestMemo } from '../model/request-memo.ts';
import type { WireLog } from '../model/wire-log.ts';
import type { Definition, DefinitionChanges } from './definition.ts';
import type { EndCallbacks } from './end-callbacks.ts';
import type { InstrumentedRun } from './instrumentation.ts';

/** The state and services of a run that effects use. */
export interface Scope extends DefinitionChanges {
  readonly definition: Definition;
  readonly policy: Policy;
  readonly settings: ChatSettings;
  /** The settings of the run itself, which apply to every agent. */
  readonly runSettings: ChatSettings;
  readonly instructions: InstructionsMessage | undefined;
  readonly runId: string;
  readonly path: string;
  /** The options of the run; `getTraceparent` and `getTracestate` prefer the active span. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** Absent if nothing instruments the run. */
  readonly instrumented: InstrumentedRun | undefined;
  /** Never throws. Absent if nothing logs the bytes of requests. */
  readonly wireLog: WireLog | undefined;
  /** The application's context value. `agent.run` checks its type. */
  readonly context: never;
  /** Cancelling it ends the run and its open work. */
  readonly cancellation: Cancellation;
  /** Called when this process leaves the outermost run. */
  readonly endCallbacks: EndCallbacks;
  readonly memo: RequestMemo;
  readonly clock: Clock;
  readonly random: () => number;
  readonly stepRunner: StepRunner;
  readonly maxParallelToolCalls: number;
  /** Returns the current state of the run. */
  readonly getState: () => RunState;
  readonly budget: Budget;
  readonly time: ActiveTime;
  readonly events: EventSink;
  /** Creates the sink of a nested run. */
  readonly createEventSink: (path: string) => EventSink;
  /** Returns the steering messages that the model has not read; none in a nested run. */
  readonly getSteering: () => readonly UserMessage[];
  /** Whether the run is inside a call of an outer run. A message of the user then closes that call; otherwise it is for this run. */
  readonly isInsideCall: boolean;
  /** Whether the next request asks for a stream. */
  readonly shouldStream: () => boolean;
}

/** The system message that Pawl makes of instructions. */
export interface InstructionsMessage extends SystemMessage {
  readonly content: string;
}

/** Receives the events of a run. */
export interface EventSink extends LiveEventSink {
  /** Called once for each journal event, as soon as it is recorded. */
  emitJournalEvent(emitJournalEvent: JournalEvent, how: StepRecord): void;
  /** Whether anything receives live events of the type. */
  shouldEmit(type: EventType): boolean;
}
