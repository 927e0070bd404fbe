import type { Json, JsonObject } from '../base/json.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import type { DefinitionRecord, JournalEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';
import type { Listeners } from '../event/observers.ts';
import type { LimitName, Outcome, StandingApproval } from '../event/outcome.ts';
import type { RunTotals } from '../event/usage.ts';
import type { Conversation } from './conversation.ts';
import type { StepRunner } from './step-runner.ts';

/** What a host stores about a run, besides its steps. */
export interface RunRecord {
  /** The version of what is stored of the run. A run of another version is listed, and otherwise left as it is: HostError `run.format`. */
  readonly schemaVersion: number;
  readonly runId: string;
  readonly agent: string;
  readonly messages: readonly Message[];
  /** The input of a flow. `messages` shows it as a text. */
  readonly input?: Json;
  /** The limits that the caller passed. */
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  readonly metadata: JsonObject;
  /** Whose run it is, such as the id of a user. A fork keeps it. */
  readonly owner?: string;
  readonly at: number;
  /** The run was enqueued: its messages are checked, and the agent's own limits added, when it begins. */
  readonly isEnqueued?: true;
  /** The agent's version and tools at the start. For an enqueued run, the event of its first step has them. */
  readonly definition?: DefinitionRecord;
  /** The first state of the run, as passed to `agent.run`. */
  readonly state?: JsonObject;
  /** For a fork: the run and the step that it was forked from. */
  readonly forked?: ForkOrigin;
  /** The conversation that the run is part of. Its messages are the first ones of `messages`. */
  readonly conversation?: RecordedConversation;
  /** The trace of the run's first attempt, or of the caller that enqueued it, for the spans of later attempts. */
  readonly trace?: RecordedTrace;
}

export interface RecordedTrace {
  /** The W3C trace context header. */
  readonly traceparent: string;
  /** The W3C `tracestate` header that belongs to it. */
  readonly tracestate?: string;
  readonly origin: 'start' | 'enqueue';
}

export interface RecordedConversation {
  readonly id: string;
  /** The version of the conversation that the run began with. */
  readonly version: number;
  /** How many messages of the conversation the run began with. */
  readonly kept: number;
  /** The agent that had the conversation last, if the run begins with it. */
  readonly startingAgent?: string;
  /** The approvals of later calls that the conversation had. */
  readonly standingApprovals?: readonly StandingApproval[];
}

export interface ForkOrigin {
  readonly runId: string;
  readonly before: string;
  /** The run continues from the end of these messages; absent if the steps of the source were copied. */
  readonly conversation?: {
    readonly record: RunRecord;
    readonly events: readonly JournalEvent[];
    /** The user's messages to continue with. */
    readonly input: readonly Message[];
  };
}

/** The state of a run: not begun, running, or the status of its outcome. `suspended` waits for an answer. */
export type RunStatus = 'queued' | 'running' | Outcome<unknown>['status'];

export type ClaimResult =
  | {
      readonly type: 'claimed';
      readonly record: RunRecord;
      readonly stepRunner: StepRunner;
      /** The number of this attempt, 1 for the first. @defaultValue 2 */
      readonly attempt?: number;
      /** When the run was suspended, in milliseconds since 1970. Absent if it was not suspended, or the host does not know. */
      readonly suspendedAt?: number;
    }
  /** The run has a final outcome; `suspended` is not final. */
  | { readonly type: 'finished'; readonly record: RunRecord; readonly outcome: Outcome<unknown> }
  /** This or another process works on the run. `getRun` reads its progress. */
  | { readonly type: 'busy'; readonly record: RunRecord };

export interface RecordedEvent {
  /** Increases in the order in which events were recorded, with gaps. Pass it as `after` to read on from here. */
  readonly position: number;
  /** The name of the step that recorded the event, with its path: `model:3`, `tool:1.0/model:2`. `fork({ before })` takes it. */
  readonly step: string;
  /** The path of the nested run that the event belongs to; `''` for the run itself. */
  readonly path: string;
  readonly event: JournalEvent;
}

export interface ClaimOptions {
  /** Called with the record before the run is claimed. If it throws, the run stays as it is. */
  readonly accept?: (record: RunRecord) => void;
}

/** A run's state and its recorded events. */
export interface RunProgress {
  readonly record: RunRecord;
  /** `interrupted`: the run has not ended, and no process works on it. */
  readonly status: RunStatus | 'interrupted';
  readonly events: readonly RecordedEvent[];
  /** How the run ended, or what it waits for. */
  readonly outcome?: Outcome<unknown>;
}

/** A run in a list. */
export interface RunSummary {
  readonly runId: string;
  readonly agent: string;
  /** `interrupted`: the run has not ended, and no process works on it; `agent.resume` continues it. */
  readonly status: RunStatus | 'interrupted';
  readonly metadata: JsonObject;
  readonly owner?: string;
  /** Increases in the order in which runs were started or enqueued, with gaps. Pass it as `after` to list the next page. */
  readonly position: number;
  /** Whole milliseconds since 1970, as is `updatedAt`. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly attempts: number;
  /** How the run ended, or what it waits for. */
  readonly outcome?: Outcome<unknown>;
  /** What the run has used so far, with `totals: true`. */
  readonly totals?: RunTotals;
}

/** Selects the runs that match every given field. */
export interface RunFilter {
  readonly status?: RunSummary['status'];
  readonly agent?: string;
  /** Selects the runs of this owner. */
  readonly owner?: string;
  /** The id of a conversation: selects the runs that are part of it. */
  readonly conversation?: string;
  /** Selects runs whose metadata has these fields with equal values. It may have others. */
  readonly metadata?: JsonObject;
  /** Selects runs that were started at this time or later, in milliseconds since 1970. */
  readonly since?: number;
  /** `'asc'` lists the oldest first, `'desc'` the newest. @defaultValue 'asc' */
  readonly order?: 'asc' | 'desc';
  /** How many runs at most; `Infinity` lists all. @defaultValue 1_000 */
  readonly limit?: number;
  /** The position of the last run of the previous page. */
  readonly after?: number;
  /**
   * Whether each run has its `totals`: those of its outcome, or of its recorded events if it has none. That reads the journals of the runs
   * at work.
   *
   * @defaultValue false
   */
  readonly totals?: boolean;
}

/** Selects the runs that `countRuns` counts. */
export type CountFilter = Pick<RunFilter, 'agent' | 'owner' | 'conversation' | 'metadata' | 'since'>;

/** How many runs have each status; 0 if none has it. */
export type RunCounts = Readonly<Record<RunSummary['status'], number>>;

/** The input of an enqueued run: that of an agent, or that of a flow. */
export type QueuedInput = string | readonly Message[] | { readonly input: Json };

/** An enqueued run cannot be part of a conversation: which messages come before its input is known only when it begins. */
export interface EnqueueOptions {
  /** The first state of the run, as for `agent.run`. */
  readonly state?: JsonObject;
  /** @defaultValue a random UUID */
  readonly runId?: string;
  /** Each replaces the agent's own limit of that name. */
  readonly limits?: RunRecord['limits'];
  readonly metadata?: JsonObject;
  /** The W3C trace context header of the caller, which the spans of the run refer to. */
  readonly traceparent?: string;
  /** The W3C `tracestate` header that came with `traceparent`. */
  readonly tracestate?: string;
  /** Whose run it is, such as the id of a user. Stored with the run, apart from `metadata`. */
  readonly owner?: string;
}

export interface ForkOptions {
  /** The name of a recorded step: `model:3`, `tool:3.1:refund`. The fork keeps what comes before it. */
  readonly before: string;
  /** @defaultValue a random UUID */
  readonly runId?: string;
  /** Begins with these messages instead of the steps before. */
  readonly messages?: readonly Message[];
  /** The user's message at that point. */
  readonly input?: string | readonly Message[];
  /**
   * Whether each call before that point that has no result yet is checked again: `needsApproval` of the agent that resumes decides, also about
   * calls that needed no approval in the source. A fork never copies the answer of such a call.
   *
   * @defaultValue false
   */
  readonly recheckApprovals?: boolean;
}

export interface AnswerOptions {
  /** Who answers or writes, such as the id of a user. Kept beside the answer, whose own fields cannot set it. */
  readonly by?: string;
}

/** Which runs `deleteRuns` deletes. */
export type DeleteOptions =
  /** How long ago the runs have ended at least, in milliseconds. */
  { readonly olderThanMs: number } | { readonly runIds: readonly string[] };

/** An agent that a host can resume runs with. */
export interface Resumable<Resumed> {
  readonly name: string;
  /** A property, not a method: so the compiler refuses an agent that needs a context. Pass that one as `{ agent, context }`. */
  readonly resume: (runId: string, options: { readonly host: Host; readonly conversation?: Conversation }) => Resumed;
}

/** An agent that needs a context, with a function that makes the context of each resumed run. */
export interface ResumableWithContext<Resumed> {
  readonly agent: {
    readonly name: string;
    resume(
      runId: string,
      options: { readonly host: Host; readonly context: unknown; readonly conversation?: Conversation },
    ): Resumed;
  };
  /** Returns the context that `agent.run` would get. The record has the run's `metadata`. */
  readonly context: (record: RunRecord) => unknown;
  /** For runs that are part of a conversation. */
  readonly conversation?: ConversationLookup;
}

/** An agent without a context whose runs are part of conversations. */
export interface ResumableWithConversation<Resumed> {
  readonly agent: Resumable<Resumed>;
  readonly conversation: ConversationLookup;
}

/** Returns the conversation of a run. Called only for runs that are part of one; its id is `record.conversation.id`. */
export type ConversationLookup = (record: RunRecord & Required<Pick<RunRecord, 'conversation'>>) => Conversation;

/** An agent, or an agent with what its runs need. */
export type ResumableAgent<Resumed> =
  | Resumable<Resumed>
  | ResumableWithContext<Resumed>
  | ResumableWithConversation<Resumed>;

/** Several agents of one name, for example one for each version or tenant. */
export interface ResumableByRecord<Resumed> {
  /** The name of the agent in the records. */
  readonly name: string;
  /** Returns the agent that continues a run, by its record: `metadata`, `owner`, `definition.version`. `undefined` leaves the run as it is. */
  readonly choose: (record: RunRecord) => ResumableAgent<Resumed> | undefined;
}

/** What a host that resumes runs by itself accepts: an agent, an agent with what its runs need, or a function that chooses one. */
export type AnyResumable<Resumed> = ResumableAgent<Resumed> | ResumableByRecord<Resumed>;

/** Stores runs and lets one worker at a time work on each: `memoryHost()`, `sqliteHost()`, `dbosHost()`. */
export interface Host {
  /** Listeners of every run that this process works on with this host, including resumed runs. Called before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
  /** @throws HostError `run.exists` */
  start(record: RunRecord): Promise<StepRunner>;
  /** @throws HostError `run.unknown` */
  claim(runId: string, options?: ClaimOptions): Promise<ClaimResult>;
  /** Ends an attempt. Called once for each, also if the run was suspended or the host failed (`outcome` is `undefined`). */
  release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void>;
  /**
   * Answers a pending call. Any process can answer, even when no worker is running; `agent.resume` continues the run.
   * The event `approval.answered` records `by`.
   *
   * @throws ApprovalError if the call is unknown, answered or expired, or has another fingerprint.
   */
  answer(runId: string, pendingId: string, answer: Answer, options?: AnswerOptions): Promise<void>;
  /**
   * Adds a user message while calls are pending: closes those calls as cancelled and appends the message. The event `user.interrupted`
   * records `by`.
   *
   * @throws HostError `run.not_waiting`, `run.unknown`
   */
  sendMessage(runId: string, message: UserMessage, options?: AnswerOptions): Promise<void>;
  /**
   * Queues a run for `agent.resume`, or for the workers of the host that have the agent. Resolves the run's id. A flow takes any JSON value as
   * `{ input }`; a text is its input, too.
   *
   * @throws HostError `run.exists`
   */
  enqueue(agent: string, input: QueuedInput, options?: EnqueueOptions): Promise<string>;
  /**
   * Cancels a run in whichever process works on it. A run that no process works on ends when it is resumed.
   *
   * @throws HostError `run.unknown`
   */
  cancel(runId: string, options?: { readonly reason?: string }): Promise<void>;
  /**
   * Resumes the runs of these agents that can continue and that no process works on: enqueued and interrupted ones, and suspended ones that
   * were answered or cancelled, or whose wait has expired. Returns what `resume` of the agents returns. A host whose workers do this by
   * themselves returns none. If two processes resume the same run, the second one follows it.
   *
   * @throws ConfigError for a value that is not an agent
   */
  resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]>;
  /** Reads the state of a run, and its events after a position. @throws HostError `run.unknown` */
  getRun(runId: string, options?: { readonly after?: number }): Promise<RunProgress>;
  /**
   * Yields the events of a run as they are recorded, until it has ended or the signal is aborted: at once if this process works on the run
   * with this host, otherwise within 10 to 500 ms. With `live`, a run that this process works
   * on with this host also yields its live events, in order with the recorded ones. It begins with what is in progress.
   */
  followRun<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<FollowedEvents<Options>>;
  /** Lists runs, the oldest first by default. @throws ConfigError for an invalid filter. */
  listRuns(filter?: RunFilter): Promise<readonly RunSummary[]>;
  /** Counts the runs that match every given field, by status. @throws ConfigError for an invalid filter. */
  countRuns(filter?: CountFilter): Promise<RunCounts>;
  /**
   * Deletes ended runs with everything that is stored of them: those that ended more than `olderThanMs` ago, or those with the given ids.
   * Resolves their number. Ids of unknown runs are ignored.
   *
   * @throws HostError `run.not_ended`, which names the runs of `runIds` that have not ended: then none is deleted. ConfigError for invalid
   * options, and if the store of the host cannot delete.
   */
  deleteRuns(options: DeleteOptions): Promise<number>;
  /**
   * Creates a run that starts before any recorded step of another, which stays unchanged. Resolves the new run's id; `agent.resume` begins it.
   *
   * Without `messages` and `input` the fork continues from the step itself. With them it is a new conversation from there, whose turns and
   * limits begin at zero.
   *
   * @throws HostError `run.unknown`, `run.exists`, `step.unknown`; ConfigError for invalid messages.
   */
  fork(runId: string, options: ForkOptions): Promise<string>;
  /**
   * Closes the host at the end of a process: begins no new step, waits for running steps, then releases the runs. Any process can resume
   * them at once: the runs are not aborted. A step that has not ended after `graceMs` is, and is not recorded: its signal is aborted, and
   * the `Run` in this process rejects with HostError `host.closing`.
   */
  close(options?: {
    /** How long running steps may take to finish; `Infinity`: as long as they need. @defaultValue 10_000 */
    readonly graceMs?: number;
  }): Promise<void>;
}

/** What a host does for those who do not work on runs. */
export type HostClient = Pick<
  Host,
  | 'answer'
  | 'sendMessage'
  | 'enqueue'
  | 'cancel'
  | 'getRun'
  | 'followRun'
  | 'listRuns'
  | 'countRuns'
  | 'deleteRuns'
  | 'fork'
>;

/** A live event of a run that this process works on. It is not recorded, and may be lost. */
export interface LiveRecord {
  readonly path: string;
  readonly liveEvent: LiveEvent;
}

/** What `followRun` yields. */
export type FollowedEvents<Options extends FollowOptions> = Options extends { readonly live: true }
  ? RecordedEvent | LiveRecord
  : RecordedEvent;

export interface FollowOptions {
  /** Whether live events are yielded, too, for a run that this process works on. @defaultValue false */
  readonly live?: boolean;
  /** Whether the events end, too, when the run is suspended and this process does not work on it. @defaultValue false */
  readonly untilSuspended?: boolean;
  /** The position of the last event that the caller has. @defaultValue 0 */
  readonly after?: number;
  readonly signal?: AbortSignal;
}
