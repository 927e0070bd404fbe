import type { JsonObject } from '../base/json.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/fact.ts';
import type { LimitName, Outcome } from '../event/outcome.ts';
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
  readonly inDoubt?: () => T | Promise<T>;
  /** Told as soon as the value is remembered; `replayed` where it was remembered by an earlier attempt. */
  readonly told: (value: T, how: { readonly replayed: boolean }) => void;
}

/** A run inside a run: its steps are kept below `name`. */
export interface Child<T> {
  readonly type: 'child';
  readonly name: string;
  readonly body: (durable: Durable) => Promise<T>;
}

export type Task<T> = Step<T> | Child<T>;

/** What came of waiting for a word from outside. `parked`: nothing was said yet, and this host does not block. */
export type Waited<T> =
  | { readonly type: 'answered'; readonly value: T; readonly replayed: boolean }
  | { readonly type: 'expired'; readonly replayed: boolean }
  | { readonly type: 'parked' };

/** Where one run's steps are remembered. The loop knows nothing else of durability. */
export interface Durable {
  /** Identifies this attempt at the run; differs after a crash. Given by the host, never remembered. */
  readonly attempt: string;
  /** Does the step's work once in the life of the run, and remembers what it gave. */
  step<T>(step: Step<T>): Promise<T>;
  /** Tasks side by side, at most `width` at once, started in the order given; results in that order. */
  all<T>(tasks: readonly Task<T>[], options: { readonly width: number }): Promise<readonly T[]>;
  /** Waits for the word of that name; kept where it comes first. */
  wait<T>(name: string, options: WaitOptions): Promise<Waited<T>>;
}

export interface WaitOptions {
  /** An answer has to name it. */
  readonly fingerprint: string;
  /** @defaultValue no end */
  readonly timeoutMs?: number;
}

/** What is kept of a run beside its steps. */
export interface RunRecord {
  readonly runId: string;
  readonly agent: string;
  readonly messages: readonly Message[];
  readonly instructions?: string;
  /** As the caller gave them. */
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  readonly metadata: JsonObject;
  readonly at: number;
}

/** Where a run is: at work, waiting for somebody, or how it ended. */
export type RunStatus = 'running' | Outcome<unknown>['status'];

/** What somebody outside says to a waiting call. */
export type Word = Answer | { readonly type: 'interrupt'; readonly message: UserMessage };

export interface OpenedRun {
  readonly record: RunRecord;
  readonly durable: Durable;
  /** How the run ended, where it did. `suspended` is no end. */
  readonly outcome?: Outcome<unknown>;
}

/** The host that runs are kept on: `memory()`, an SQLite file, an engine. */
export interface DurableHost {
  /** @throws DurableError `run.exists` */
  start(record: RunRecord): Promise<Durable>;
  /** @throws DurableError `run.unknown`, `run.live` */
  open(runId: string): Promise<OpenedRun>;
  /** Called once at the end of each attempt, also where it ended suspended or by an error of the host. */
  release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void>;
  /**
   * Answers a pending call, from anywhere, at any time; `agent.resume` goes on from there.
   *
   * @throws ApprovalError where the call is unknown, answered already, expired, or of another fingerprint.
   */
  answer(runId: string, pendingId: string, answer: Answer): Promise<void>;
  /** The user writes while calls are pending: these are closed as cancelled, and the message is appended. */
  send(runId: string, message: UserMessage): Promise<void>;
}
