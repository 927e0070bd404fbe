import type { UserMessage } from '../chat/message.ts';
import type { AcceptedAnswer, Answer } from '../event/answer.ts';
import type { Effect } from '../tool/tool.ts';

/** A unit of work whose value is recorded. Named by its position in the run: `model:3`, `tool:3.0:get_weather`. */
export interface Step<T> {
  readonly type: 'step';
  readonly name: string;
  /** Resolves a JSON value. Rejects only if the whole run has to stop and stay resumable. */
  readonly work: () => Promise<T>;
  /** Whether the work may run again after a crash. */
  readonly effect: Effect;
  /** Never runs at the same time as another task of the same `parallel`. @defaultValue false */
  readonly exclusive?: boolean;
  /** Called instead of `work` if an earlier attempt began a `non-idempotent` step and recorded no value. */
  readonly onUnknownOutcome?: () => T | Promise<T>;
  /** Called when the value is recorded. */
  readonly onRecorded: (value: T, how: StepRecord) => void;
}

export interface StepRecord {
  /** Whether an earlier attempt recorded the value. */
  readonly replayed: boolean;
  /** The position of the step in the journal, which `getRun` gives. Absent if it is not known. */
  readonly position?: number;
  /** The name of the step, with the path of its run. Absent for what is not recorded. */
  readonly step?: string;
}

/** A step that is recorded. */
export interface RecordedStep {
  /** The name without the path of the runner that lists it. */
  readonly name: string;
  readonly value: unknown;
  readonly position: number;
}

/** A nested run. The names of its steps begin with `name/`. */
export interface ChildRun<T> {
  readonly type: 'child';
  readonly name: string;
  readonly body: (stepRunner: StepRunner) => Promise<T>;
}

export type StepTask<T> = Step<T> | ChildRun<T>;

/** The result of waiting for an answer. Every attempt gets the same answer or expiry. `parked`: there is no answer yet. */
export type WaitResult<T> =
  | { readonly type: 'answered'; readonly value: T /** Who gave the answer. */; readonly by?: string }
  | { readonly type: 'expired' }
  | { readonly type: 'parked' };

/** Runs the steps of one run, and records their values. The loop knows nothing else of durability. */
export interface StepRunner {
  /** Identifies this attempt at the run. The host sets it; it is not recorded. */
  readonly attempt: string;
  /** Aborted if the run is cancelled through its host. */
  readonly signal?: AbortSignal;
  /** Runs the work of a step and records the value. If the value is already recorded, resolves it without running the work. */
  step<T>(step: Step<T>): Promise<T>;
  /** Runs tasks in parallel, at most `width` at once. Starts them, and resolves their results, in the given order. */
  parallel<T>(tasks: readonly StepTask<T>[], options: { readonly width: number }): Promise<readonly T[]>;
  /**
   * Lists the recorded steps below the path of this runner, in the order of the journal. It finds code that names its own steps
   * and takes another way than before, and gives readers the events of runs inside a finished step.
   *
   * @defaultValue nothing is compared, and these events are not replayed
   */
  listRecorded?(): readonly RecordedStep[];
  /** Waits for the answer to the pending call of that name. An answer that came before is kept. */
  waitFor<T>(name: string, options: WaitOptions): Promise<WaitResult<T>>;
}

export interface WaitOptions {
  /** An answer must have the same fingerprint. */
  readonly fingerprint: string;
  /** The types of answers that the call accepts. */
  readonly accepts: readonly AcceptedAnswer[];
  /** How long the call waits, from the first `waitFor` of that name. @defaultValue no limit */
  readonly timeoutMs?: number;
  /** Opens the wait early, so that an answer can come while the run continues. A host must not block on it. */
  readonly ahead?: true;
}

/** An answer to a pending call, or a user message that cancels it. */
export type PendingAnswer = Answer | { readonly type: 'interrupt'; readonly message: UserMessage };
