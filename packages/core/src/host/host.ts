import type { JsonObject } from '../base/json.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import type { DefinitionRecord, JournalEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';
import type { Listeners } from '../event/observers.ts';
import type { LimitName, Outcome } from '../event/outcome.ts';
import type { StepRunner } from './step-runner.ts';

/** What is kept of a run beside its steps. */
export interface RunRecord {
  /** The version of what is stored of the run. A run of another version is listed, and otherwise left as it is: HostError `run.format`. */
  readonly schemaVersion: number;
  readonly runId: string;
  readonly agent: string;
  readonly messages: readonly Message[];
  /** As the caller gave them. */
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  readonly metadata: JsonObject;
  readonly at: number;
  /** The run was enqueued: nobody has looked at the messages, and its agent gives further limits when it begins. */
  readonly isEnqueued?: true;
  /** What the agent was when the run was started. Of an enqueued run its first step says it. */
  readonly definition?: DefinitionRecord;
  /** Where the run's conversation comes from, where it was forked from another. */
  readonly forked?: ForkOrigin;
  /** The conversation of many runs that this one is a part of; its messages are the first ones of `messages`. */
  readonly conversation?: RecordedConversation;
}

export interface RecordedConversation {
  readonly id: string;
  /** The version that the run goes on from. */
  readonly version: number;
  /** How many of its messages the run began with. */
  readonly kept: number;
}

export interface ForkOrigin {
  readonly runId: string;
  readonly before: string;
  /** The run goes on from the end of this conversation; absent where its own steps were copied. */
  readonly conversation?: {
    readonly record: RunRecord;
    readonly events: readonly JournalEvent[];
    /** What the user says then. */
    readonly input: readonly Message[];
  };
}

/** Where a run is: not yet begun, at work, waiting for somebody, or how it ended. */
export type RunStatus = 'queued' | 'running' | Outcome<unknown>['status'];

export type ClaimResult =
  | { readonly type: 'claimed'; readonly record: RunRecord; readonly stepRunner: StepRunner }
  /** `suspended` is no end. */
  | { readonly type: 'finished'; readonly record: RunRecord; readonly outcome: Outcome<unknown> }
  /** Somebody works on it, here or in another process: `getRun` reads how it goes. */
  | { readonly type: 'busy'; readonly record: RunRecord };

export interface RecordedEvent {
  /** Counts up in the order in which facts were remembered, with gaps. To read on after it. */
  readonly position: number;
  /** The run inside the run that it is of: `''` for the run itself. */
  readonly path: string;
  readonly event: JournalEvent;
}

export interface ClaimOptions {
  /** Is shown the record before the run is taken; where it throws, the run stays as it is. */
  readonly accept?: (record: RunRecord) => void;
}

/** What is known of a run from outside. */
export interface RunProgress {
  readonly record: RunRecord;
  /** `interrupted`: it has not ended, and nobody works on it. */
  readonly status: RunStatus | 'interrupted';
  readonly events: readonly RecordedEvent[];
  /** How it ended, or what it waits for. */
  readonly outcome?: Outcome<unknown>;
}

/** What is known of a run without opening it. */
export interface RunSummary {
  readonly runId: string;
  readonly agent: string;
  /** `interrupted`: it has not ended, and nobody works on it; `agent.resume` goes on with it. */
  readonly status: RunStatus | 'interrupted';
  readonly metadata: JsonObject;
  /** Counts up in the order in which runs were started or enqueued, with gaps. To list on after it. */
  readonly position: number;
  /** Whole milliseconds since 1970, as is `updatedAt`. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly attempts: number;
  /** How it ended, or what it waits for. */
  readonly outcome?: Outcome<unknown>;
}

/** Which runs are listed: those that every given field fits. */
export interface RunFilter {
  readonly status?: RunSummary['status'];
  readonly agent?: string;
  /** The id of a conversation: the runs that are part of it. */
  readonly conversation?: string;
  /** Runs whose metadata has these fields with equal values, and perhaps others. */
  readonly metadata?: JsonObject;
  /** Runs that were started at this time or later, in milliseconds since 1970. */
  readonly since?: number;
  /** By position: `'asc'` lists the oldest first, `'desc'` the newest. @defaultValue 'asc' */
  readonly order?: 'asc' | 'desc';
  /** `Infinity` for all. @defaultValue 1_000 */
  readonly limit?: number;
  /** The position of the last run of the page before this one. */
  readonly after?: number;
}

/** A run that is enqueued is part of no conversation: what would come before its input is known only when it begins. */
export interface EnqueueOptions {
  /** @defaultValue a random UUID */
  readonly runId?: string;
  /** Each replaces the agent's own. */
  readonly limits?: RunRecord['limits'];
  readonly metadata?: JsonObject;
}

export interface ForkOptions {
  /** The name of a remembered step: `model:3`, `tool:3.1:refund`. What comes before it is kept. */
  readonly before: string;
  /** @defaultValue a random UUID */
  readonly runId?: string;
  /** Begins from this conversation in place of what came before. */
  readonly messages?: readonly Message[];
  /** What the user says at that point. */
  readonly input?: string | readonly Message[];
}

/** The host that runs are kept on: `memoryHost()`, an SQLite file, an engine. */
export interface Host {
  /** They hear every run that this process works on with this host, resumed ones included. Called before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
  /** @throws HostError `run.exists` */
  start(record: RunRecord): Promise<StepRunner>;
  /** @throws HostError `run.unknown` */
  claim(runId: string, options?: ClaimOptions): Promise<ClaimResult>;
  /** Called once at the end of each attempt, also where it ended suspended or by an error of the host. */
  release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void>;
  /**
   * Answers a pending call, from anywhere, at any time; `agent.resume` goes on from there.
   *
   * @throws ApprovalError where the call is unknown, answered already, expired, or of another fingerprint.
   */
  answer(runId: string, pendingId: string, answer: Answer): Promise<void>;
  /** The user writes while calls are pending: these are closed as cancelled, and the message is appended. */
  sendMessage(runId: string, message: UserMessage): Promise<void>;
  /**
   * Leaves a run for whoever has that agent: `agent.resume`, or the host's own workers. Gives its id.
   *
   * @throws HostError `run.exists`
   */
  enqueue(agent: string, input: string | readonly Message[], options?: EnqueueOptions): Promise<string>;
  /**
   * Ends a run for good, wherever it is at work. One that nobody works on ends when it is resumed.
   *
   * @throws HostError `run.unknown`
   */
  cancel(runId: string, options?: { readonly reason?: string }): Promise<void>;
  /** The facts of a run after a position, and where it is. @throws HostError `run.unknown` */
  getRun(runId: string, options?: { readonly after?: number }): Promise<RunProgress>;
  /**
   * The facts of a run as they are remembered, until it has ended or the signal is aborted. With `live` also what happens meanwhile, where
   * the run is at work in this process on this host: first what is under way, in order with the facts.
   */
  followRun<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<FollowedEvents<Options>>;
  /** The oldest first, unless the filter says otherwise. @throws ConfigError for what is no filter. */
  listRuns(filter?: RunFilter): Promise<readonly RunSummary[]>;
  /**
   * A new run from any remembered step of another, which stays as it is. Gives the new run's id; `agent.resume` begins it.
   *
   * Without `messages` and `input` it goes on from the step itself; with them it is a new conversation from there, whose
   * turns and limits begin anew.
   *
   * @throws HostError `run.unknown`, `run.exists`, `step.unknown`; ConfigError for what are no messages.
   */
  fork(runId: string, options: ForkOptions): Promise<string>;
  /**
   * For the end of a process: starts no new step, waits for those at work, then gives up the runs. They can be resumed at
   * once, by any process. Not an abort: nothing of a run is decided.
   */
  close(options?: {
    /** `Infinity` for no end. @defaultValue 10_000 */
    readonly graceMs?: number;
  }): Promise<void>;
}

/** What happens in a run at work in this process. It is in no journal, and may be lost. */
export interface LiveRecord {
  readonly path: string;
  readonly notice: LiveEvent;
}

/** What `events` gives. */
export type FollowedEvents<Options extends FollowOptions> = Options extends { readonly live: true }
  ? RecordedEvent | LiveRecord
  : RecordedEvent;

export interface FollowOptions {
  /** @defaultValue false */
  readonly live?: boolean;
  /** The position of the last fact that is known. @defaultValue 0 */
  readonly after?: number;
  readonly signal?: AbortSignal;
}
