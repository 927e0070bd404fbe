import type { History } from '../chat/history.ts';
import type { LimitApproachingEvent, ModelRepromptedEvent, ToolRepeatedFailureEvent } from '../event/journal-event.ts';
import type { Conclusion, LimitName } from '../event/outcome.ts';
import type { CallState } from './state.ts';

/** An event before its time is added: `decide` has no clock. */
type WithoutTime<T> = Omit<T, 'at' | 'activeMs'>;

interface CallsAction {
  readonly turn: number;
  readonly calls: readonly CallState[];
}

export interface CallModel {
  readonly type: 'call-model';
  readonly turn: number;
  /** The part of the conversation that the active agent sees. */
  readonly history: History;
  /** Whether this is the last request, which is sent without tools. */
  readonly isLast: boolean;
}

export interface CheckCalls extends CallsAction {
  readonly type: 'check-calls';
  /** Why approved calls need approval again. If set, every call waits, even if its tool needs no approval. */
  readonly repeatReason?: 'definition_changed';
}

export interface RunCalls extends CallsAction {
  readonly type: 'run-calls';
  /** The tools of this turn; `undefined` if middleware did not select any. */
  readonly tools: readonly string[] | undefined;
}

export interface AwaitAnswers extends CallsAction {
  readonly type: 'await-answers';
}

export interface RefuseCalls extends CallsAction {
  readonly type: 'refuse-calls';
  /** The limit that the calls would exceed. */
  readonly limit: LimitName;
  readonly content: string;
}

/** Hands the conversation over to another agent. */
export interface HandOver {
  readonly type: 'hand-over';
  readonly turn: number;
  /** The name of the agent. */
  readonly to: string;
}

export interface CheckOutput {
  readonly type: 'check-output';
  readonly turn: number;
  readonly text: string;
}

/** Records an event with a message from the loop to the model. */
export interface RecordEvent {
  readonly type: 'record-event';
  readonly step: string;
  readonly event:
    | WithoutTime<ModelRepromptedEvent>
    | WithoutTime<LimitApproachingEvent>
    | WithoutTime<ToolRepeatedFailureEvent>;
}

export interface Finish {
  readonly type: 'finish';
  readonly conclusion: Conclusion;
}

/** What the loop does next. */
export type Action =
  | CallModel
  | CheckCalls
  | RunCalls
  | AwaitAnswers
  | RefuseCalls
  | HandOver
  | CheckOutput
  | RecordEvent
  | Finish;

/** An action with effects. */
export type EffectAction = Exclude<Action, Finish>;
