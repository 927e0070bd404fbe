import type { UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import type { Effect } from '../tool/tool.ts';

/** One durable effect, named by its position in the run: `model:3`, `tool:3.0:get_weather`. */
export interface Step<T> {
  readonly type: 'step';
  readonly name: string;
  /** Gives JSON. Rejects only where the run as a whole has to stop and stay resumable. */
  readonly work: () => Promise<T>;
  /** What doing it again after a crash would do. */
  readonly effect: Effect;
  /** Never beside another task of the same `all`. */
  readonly exclusive?: boolean;
  /** Answers in place of `work` where an earlier attempt began a `once` step and nobody knows how it ended. */
  readonly onUnknownOutcome?: () => T | Promise<T>;
  /** Told as soon as the value is remembered; `replayed` where it was remembered by an earlier attempt. */
  readonly onRecorded: (value: T, how: { readonly replayed: boolean }) => void;
}

/** A run inside a run: its steps are kept below `name`. */
export interface ChildRun<T> {
  readonly type: 'child';
  readonly name: string;
  readonly body: (stepRunner: StepRunner) => Promise<T>;
}

export type StepTask<T> = Step<T> | ChildRun<T>;

/** What came of waiting for a word from outside; every attempt is told the same. `parked`: nothing was said yet. */
export type WaitResult<T> =
  | { readonly type: 'answered'; readonly value: T }
  | { readonly type: 'expired' }
  | { readonly type: 'parked' };

/** Where one run's steps are remembered. The loop knows nothing else of durability. */
export interface StepRunner {
  /** Identifies this attempt at the run; differs after a crash. Given by the host, never remembered. */
  readonly attempt: string;
  /** Aborted where the run is cancelled through its host. */
  readonly signal?: AbortSignal;
  /** Does the step's work once in the life of the run, and remembers what it gave. */
  step<T>(step: Step<T>): Promise<T>;
  /** Tasks side by side, at most `width` at once, started in the order given; results in that order. */
  parallel<T>(tasks: readonly StepTask<T>[], options: { readonly width: number }): Promise<readonly T[]>;
  /** Waits for the word of that name; kept where it comes first. */
  waitFor<T>(name: string, options: WaitOptions): Promise<WaitResult<T>>;
}

export interface WaitOptions {
  /** An answer has to name it. */
  readonly fingerprint: string;
  /** The kinds of answers that make sense. */
  readonly accepts: readonly Answer['type'][];
  /** From the first time that the name is met. @defaultValue no end */
  readonly timeoutMs?: number;
  /** Asked so that an answer may come already; the run goes on meanwhile, so that no host may block here. */
  readonly ahead?: true;
}

/** What somebody outside says to a waiting call. */
export type PendingAnswer = Answer | { readonly type: 'interrupt'; readonly message: UserMessage };
