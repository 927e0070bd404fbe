import type { History } from '../chat/history.ts';
import type { LimitApproachingEvent, ModelRepromptedEvent, ToolRepeatedFailureEvent } from '../event/journal-event.ts';
import type { LimitName, Outcome, OutcomeBase } from '../event/outcome.ts';
import type { CallState } from './state.ts';

/** A fact as policy has it; what does it adds the time. */
type Untimed<T> = Omit<T, 'at' | 'activeMs'>;

/** How a run ends, before its transcript and usage are added. */
export type Conclusion = Bare<Outcome<unknown>>;

/** Over each member of the union by itself. */
type Bare<Each> = Each extends unknown ? Omit<Each, keyof OutcomeBase | 'spentBy'> : never;

interface OnCalls {
  readonly turn: number;
  readonly calls: readonly CallState[];
}

export interface CallModel {
  readonly type: 'call-model';
  readonly turn: number;
  /** What the agent that speaks sees of the conversation. */
  readonly history: History;
  /** Whether tools are switched off, since this is the last request. */
  readonly final: boolean;
}

export interface CheckCalls extends OnCalls {
  readonly type: 'check-calls';
  /** Why approved calls are asked for once more; then each of them waits, whatever its tool says. */
  readonly again?: 'definition_changed';
}

export interface RunCalls extends OnCalls {
  readonly type: 'run-calls';
  /** The tools of this turn, where middleware chose among them. */
  readonly tools: readonly string[] | undefined;
}

export interface AwaitAnswers extends OnCalls {
  readonly type: 'await-answers';
}

export interface RefuseCalls extends OnCalls {
  readonly type: 'refuse-calls';
  /** The one that they would pass. */
  readonly limit: LimitName;
  readonly content: string;
}

/** The conversation goes over to another agent. */
export interface HandOver {
  readonly type: 'hand-over';
  readonly turn: number;
  /** Its name. */
  readonly to: string;
}

export interface CheckOutput {
  readonly type: 'check-output';
  readonly turn: number;
  readonly text: string;
}

/** Says something to the model that nobody else says. */
export interface Tell {
  readonly type: 'tell';
  readonly step: string;
  readonly fact: Untimed<ModelRepromptedEvent> | Untimed<LimitApproachingEvent> | Untimed<ToolRepeatedFailureEvent>;
}

export interface Finish {
  readonly type: 'finish';
  readonly conclusion: Conclusion;
}

/** What happens next. */
export type Action =
  | CallModel
  | CheckCalls
  | RunCalls
  | AwaitAnswers
  | RefuseCalls
  | HandOver
  | CheckOutput
  | Tell
  | Finish;

/** An action with effects. */
export type Effectful = Exclude<Action, Finish>;
