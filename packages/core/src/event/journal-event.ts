import type { Json } from '../base/json.ts';
import type { AssistantMessage, Message, ToolCall, UserMessage, UserPart } from '../chat/message.ts';
import type { ToolChoice } from '../chat/request.ts';
import type { FinishReason } from '../chat/response.ts';
import type { Answer } from './answer.ts';
import type { ErrorData } from './error-data.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import type { HistoryEdit } from './history-edit.ts';
import type { LimitName, Outcome, PendingCall } from './outcome.ts';
import type { Rejection } from './rejection.ts';
import type { Usage } from './usage.ts';

/** Time as the step saw it. */
interface StepTime {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long the run had been at work, all attempts at it together, in milliseconds. */
  readonly activeMs: number;
}

interface TurnEventBase extends StepTime {
  /** Counted from 1. */
  readonly turn: number;
}

interface CallEventBase extends TurnEventBase {
  /** Position among the turn's calls, from 0. */
  readonly index: number;
}

interface NestedUsage {
  /** What an agent that is a tool has used. */
  readonly spent?: Usage;
  /** How many tools it has called, those of agents inside it included. */
  readonly nestedToolCallCount?: number;
  /** What middleware has asked aside for this call. */
  readonly middlewareUsage?: Usage;
}

interface ClosedCallBase extends CallEventBase, NestedUsage {
  /** As the model wrote it; its id is the one in the history. */
  readonly call: ToolCall;
  /** What the model reads. */
  readonly content: string;
}

/** An agent's definition, as far as a run that goes on has to know it. */
export interface DefinitionRecord {
  /** As the agent was given it. */
  readonly version?: string;
  /** A hash of each tool's schema and effect, by its name. */
  readonly tools: Readonly<Record<string, string>>;
}

export interface RunStartedEvent extends StepTime {
  readonly type: 'run.started';
  readonly agent: string;
  readonly messages: readonly Message[];
  /** The agent's instructions, as resolved for this run. */
  readonly instructions?: string;
  /** What the agent was then, where the run's record does not have it: of one that was enqueued, or is inside another. */
  readonly definition?: DefinitionRecord;
}

export interface TurnPreparedEvent extends TurnEventBase {
  readonly type: 'turn.prepared';
  readonly model: string;
  readonly tools: readonly string[];
  readonly toolChoice?: ToolChoice;
  /** The messages to send in place of the history, where middleware changed them for this turn. */
  readonly messages?: readonly Message[];
  /** What the user said while the run was at work, at the end of the history from now on; `edits` come after that. */
  readonly steeringMessages?: readonly UserMessage[];
  /** What middleware keeps for the next turns, if it is not what it was. */
  readonly memory?: Readonly<Record<string, Json>>;
  /** What middleware has changed in the history for good, from its beginning to its end. */
  readonly edits?: readonly HistoryEdit[];
  /** What middleware has asked aside. */
  readonly middlewareUsage?: Usage;
}

export interface ModelRespondedEvent extends TurnEventBase {
  readonly type: 'model.responded';
  readonly model: string;
  /** Valid as history: unique ids, arguments that are JSON. */
  readonly message: AssistantMessage;
  /** The arguments as the model wrote them, by the call's position, where they are no JSON. */
  readonly rawArguments?: Readonly<Record<number, string>>;
  readonly finishReason: FinishReason | null;
  /** The positions of calls whose tool may wait for somebody outside. Whoever resumes the run checks them, whatever its tools say. */
  readonly mayWait?: readonly number[];
  /** The limit that shortened the response's room, where one did. */
  readonly clampedByLimit?: LimitName;
  readonly usage: Usage;
  /** An output guard did not accept it: it ends nothing, none of its calls runs, and the model is asked again. */
  readonly rejection?: Rejection;
  /** What middleware has asked aside. */
  readonly middlewareUsage?: Usage;
  /** What the user said while the run was at work. */
  readonly steeringMessages?: SteeringMessages;
  readonly failedAttempts: readonly FailedAttempt[];
  readonly durationMs: number;
}

export interface SteeringMessages {
  /** Went with the request; where middleware prepares turns, what went with it is in `turn.prepared`. */
  readonly before: readonly UserMessage[];
  /** Came while the model answered with text: the run goes on with it. */
  readonly after: readonly UserMessage[];
}

export interface ModelFailedEvent extends TurnEventBase {
  readonly type: 'model.failed';
  readonly error: ErrorData;
  readonly usage: Usage;
  readonly failedAttempts: readonly FailedAttempt[];
}

/**
 * A request was under way when the process stopped, in a run that has a cost limit: what it has used is counted as an
 * estimate, and the model is asked again.
 */
export interface RequestLostEvent extends TurnEventBase {
  readonly type: 'request.lost';
  readonly model: string;
  readonly usage: Usage;
}

/** A request or a batch of calls would have passed a limit and was not started. */
export interface LimitExceededEvent extends TurnEventBase {
  readonly type: 'limit.exceeded';
  readonly limit: LimitName;
  readonly max: number;
  readonly spent: number;
  /** Spent on attempts before the refusal. */
  readonly usage: Usage;
}

/** A limit is near: one last turn without tools follows. */
export interface LimitApproachingEvent extends TurnEventBase {
  readonly type: 'limit.approaching';
  readonly limit: LimitName;
  readonly max: number;
  readonly spent: number;
  readonly message: UserMessage;
}

export interface ModelRepromptedEvent extends TurnEventBase {
  readonly type: 'model.reprompted';
  readonly reason: 'empty' | 'cut' | 'output' | 'guard';
  /** The output guard that did not accept the response. */
  readonly guard?: string;
  readonly message: UserMessage;
}

export interface ToolRepeatedFailureEvent extends TurnEventBase {
  readonly type: 'tool.repeated_failure';
  readonly tool: string;
  readonly count: number;
  readonly message: UserMessage;
}

export interface ApprovalRequestedEvent extends CallEventBase {
  readonly type: 'approval.requested';
  readonly pending: PendingCall;
  /** The call was approved, but its tool has another definition since: the approval was for another call, and was not used. */
  readonly again?: 'definition_changed';
  /** What middleware has asked aside, where the call had begun. */
  readonly middlewareUsage?: Usage;
}

/** The call's tool may need approval; this call does not. */
export interface ApprovalNotRequiredEvent extends CallEventBase {
  readonly type: 'approval.not_required';
}

export interface ApprovalAnsweredEvent extends CallEventBase {
  readonly type: 'approval.answered';
  readonly answer: Answer;
}

/** Nobody answered in time: the call counts as denied. */
export interface ApprovalExpiredEvent extends CallEventBase {
  readonly type: 'approval.expired';
}

/** The user wrote while calls were pending: these are closed as cancelled, then the message is appended. */
export interface UserInterruptedEvent extends TurnEventBase {
  readonly type: 'user.interrupted';
  readonly message: UserMessage;
}

/** The run inside the run that is this call waits for somebody. */
export interface ToolSuspendedEvent extends CallEventBase, NestedUsage {
  readonly type: 'tool.suspended';
  readonly pending: readonly PendingCall[];
}

/** Nothing is left to do until somebody answers. */
export interface RunSuspendedEvent extends TurnEventBase {
  readonly type: 'run.suspended';
  readonly pending: readonly string[];
}

export interface ToolFinishedEvent extends ClosedCallBase {
  readonly type: 'tool.finished';
  /** The agent that the conversation is handed over to, where nothing of the turn comes before it. */
  readonly handoffTo?: string;
  readonly durationMs: number;
  /** What the tool gave, where `content` is only its head and tail, or says as well that a person edited the call. */
  readonly fullContent?: string;
  /** Images and files, which go to the model in a user message. */
  readonly parts?: readonly UserPart[];
  /** The tool gave this very text, although it reads as JSON. */
  readonly isText?: true;
  /** The paths in the value that have no exact JSON form. */
  readonly lossyPaths?: readonly string[];
}

export interface ToolFailedEvent extends ClosedCallBase {
  readonly type: 'tool.failed';
  readonly durationMs: number;
  /**
   * `invalid` and `unknown`: nothing ran. `aborted` and `refused`: the tool, or middleware around it, threw `AbortRun` or
   * `RefuseRun`. `unknown_outcome`: a crash left it open. `ended`: the agent that is the tool ended without an answer.
   */
  readonly reason: 'threw' | 'timeout' | 'invalid' | 'unknown' | 'aborted' | 'refused' | 'unknown_outcome' | 'ended';
  readonly error: ErrorData;
  /** Who refused. */
  readonly guard?: string;
}

export interface ToolSkippedEvent extends ClosedCallBase {
  readonly type: 'tool.skipped';
  readonly reason: 'denied' | 'cancelled' | 'limit';
  /** The one that it would have passed. */
  readonly limit?: LimitName;
  /** The cap, of this run or of one around it, where calls side by side had used it when the call was to begin. */
  readonly outerLimit?: { readonly max: number; readonly spent: number };
}

export interface OutputCheckedEvent extends TurnEventBase {
  readonly type: 'output.checked';
  readonly result:
    | { readonly ok: true; readonly value: Json }
    /** One line an issue. */
    | { readonly ok: false; readonly issues: string };
}

/** The conversation went over to another agent of the same run. */
export interface HandoffCompletedEvent extends TurnEventBase {
  readonly type: 'handoff.completed';
  readonly from: string;
  readonly to: string;
  /** The other agent's instructions, as resolved now. */
  readonly instructions?: string;
  /** What stands in place of the history for it, where it does not see all. The history itself stays whole. */
  readonly edits?: readonly HistoryEdit[];
  /** What the other agent was then. */
  readonly definition: DefinitionRecord;
  /** What its view of the conversation was asked for. */
  readonly middlewareUsage?: Usage;
}

export interface RunAbortedEvent extends StepTime {
  readonly type: 'run.aborted';
  readonly reason: string;
  /** What requests may have used that were under way, or gave nothing. Absent where there were none. */
  readonly usage?: Usage;
}

/** A middleware threw `RefuseRun`: a guard, mostly. */
export interface RunRefusedEvent extends TurnEventBase {
  readonly type: 'run.refused';
  readonly reason: string;
  /** Who refused. */
  readonly guard?: string;
  readonly usage: Usage;
}

export interface RunFinishedEvent extends StepTime {
  readonly type: 'run.finished';
  readonly outcome: Outcome<unknown>;
}

/** How one call was answered. */
export type ToolCallClosedEvent = ToolFinishedEvent | ToolFailedEvent | ToolSkippedEvent;

/** What a step yielded: JSON, remembered. The state of a run is its facts, folded. */
export type JournalEvent =
  | RunStartedEvent
  | TurnPreparedEvent
  | ModelRespondedEvent
  | ModelFailedEvent
  | RequestLostEvent
  | LimitExceededEvent
  | LimitApproachingEvent
  | ModelRepromptedEvent
  | ToolRepeatedFailureEvent
  | ApprovalRequestedEvent
  | ApprovalNotRequiredEvent
  | ApprovalAnsweredEvent
  | ApprovalExpiredEvent
  | UserInterruptedEvent
  | ToolSuspendedEvent
  | RunSuspendedEvent
  | ToolCallClosedEvent
  | HandoffCompletedEvent
  | OutputCheckedEvent
  | RunAbortedEvent
  | RunRefusedEvent
  | RunFinishedEvent;
