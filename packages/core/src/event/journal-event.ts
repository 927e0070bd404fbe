import type { Json, JsonObject } from '../base/json.ts';
import type { AssistantMessage, Message, ToolCall, UserMessage, UserPart } from '../chat/message.ts';
import type { ChatSettings, ToolChoice } from '../chat/request.ts';
import type { ChatResponse, FinishReason } from '../chat/response.ts';
import type { Answer } from './answer.ts';
import type { ErrorData } from './error-data.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import type { HistoryEdit } from './history-edit.ts';
import type { Conclusion, LimitName, Outcome, PendingCall, StandingApproval, UsageShare } from './outcome.ts';
import type { Rejection } from './rejection.ts';
import type { StateChange } from './remembered-state.ts';
import type { Usage } from './usage.ts';

/** The time of the step. */
interface StepTime {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long the run had worked, in milliseconds, over all attempts. */
  readonly activeMs: number;
}

interface TurnEventBase extends StepTime {
  /** Counted from 1. */
  readonly turn: number;
}

interface CallEventBase extends TurnEventBase {
  /** The position among the calls of the turn, from 0. */
  readonly index: number;
}

/** What runs inside a step have spent. Their own events have it, too. */
export interface NestedRunUsage {
  /** Usage of the runs inside: of an agent that is called as a tool, and of those that a tool or middleware runs. */
  readonly nestedUsage?: Usage;
  /** Who spent it: `usageBy` of the outcomes of these runs. Absent if a crash interrupted them. */
  readonly usageBy?: readonly UsageShare[];
  /** How many tools these called, including those of agents inside them. */
  readonly nestedToolCallCount?: number;
}

interface NestedUsage extends NestedRunUsage {
  /** Usage of the middleware's own model requests for this call. */
  readonly middlewareUsage?: Usage;
}

interface ClosedCallBase extends CallEventBase, NestedUsage {
  /** The call as the model wrote it, with its id in the history. */
  readonly call: ToolCall;
  /** The text that the model reads. */
  readonly content: string;
}

/** The parts of an agent's definition that a resumed run compares. */
export interface DefinitionRecord {
  /** The agent's `version`. */
  readonly version?: string;
  /** A hash of each tool, by name: its `definitionHash`, or a hash of its schema and effect. */
  readonly tools: Readonly<Record<string, string>>;
}

export interface RunStartedEvent extends StepTime {
  readonly type: 'run.started';
  readonly agent: string;
  readonly messages: readonly Message[];
  /** The input of a flow. */
  readonly input?: Json;
  /** The agent's instructions, resolved for this run. */
  readonly instructions?: string;
  /** The state at the beginning, if the agent has one. */
  readonly state?: JsonObject;
  /** The approvals of later calls that the conversation has. */
  readonly standingApprovals?: readonly StandingApproval[];
  /** The agent that had the conversation last, to which this run hands over before its first turn. */
  readonly startingAgent?: string;
  /** The definition of the agent at that time. Set if the run's record does not have it: for an enqueued run or a run inside another. */
  readonly definition?: DefinitionRecord;
}

export interface TurnPreparedEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'turn.prepared';
  readonly model: string;
  readonly tools: readonly string[];
  readonly toolChoice?: ToolChoice;
  /** The request fields of this turn, if middleware changed them. Without `response_format` that of the agent applies. */
  readonly modelSettings?: ChatSettings;
  /** The instructions of this turn, if middleware changed them; `null` for none. */
  readonly instructions?: string | null;
  /** The messages to send in place of the history, if middleware changed them for this turn. */
  readonly messages?: readonly Message[];
  /** Messages of the user that arrived while the run worked. They are appended to the history before `edits` apply. */
  readonly steeringMessages?: readonly UserMessage[];
  /** Data that middleware keeps for later turns, if it changed. */
  readonly memory?: Readonly<Record<string, Json>>;
  /** Permanent changes of middleware to the history, in the order of their positions. */
  readonly edits?: readonly HistoryEdit[];
  /** Usage of the middleware's own model requests. */
  readonly middlewareUsage?: Usage;
}

export interface ModelRespondedEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'model.responded';
  readonly model: string;
  /** Valid in a history: unique ids, arguments that are JSON. */
  readonly message: AssistantMessage;
  /** The arguments as the model wrote them, by the position of the call. Only those that are not JSON. */
  readonly rawArguments?: Readonly<Record<number, string>>;
  readonly finishReason: FinishReason | null;
  /** The positions of calls whose tool can wait for an external answer. A process that resumes the run checks them, even if its tools differ. */
  readonly mayWait?: readonly number[];
  /** The limit that reduced the maximum length of the response. */
  readonly clampedByLimit?: LimitName;
  readonly usage: Usage;
  /** Set if an output guard rejected the response: the run does not end, none of the calls runs, and the model is called again. */
  readonly rejection?: Rejection;
  /** Usage of the middleware's own model requests. */
  readonly middlewareUsage?: Usage;
  /** Messages of the user that arrived while the run worked. */
  readonly steeringMessages?: SteeringMessages;
  readonly failedAttempts: readonly FailedAttempt[];
  readonly durationMs: number;
}

export interface SteeringMessages {
  /** Messages that were sent with the request. If middleware prepares turns, they are in `turn.prepared` instead. */
  readonly before: readonly UserMessage[];
  /** Messages that arrived while the model responded with text. The run continues with them. */
  readonly after: readonly UserMessage[];
}

export interface ModelFailedEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'model.failed';
  readonly error: ErrorData;
  readonly usage: Usage;
  readonly failedAttempts: readonly FailedAttempt[];
}

/**
 * The request of a turn is repeated: the process stopped during a request, in a run that has a cost limit (the usage is estimated), or a run
 * inside middleware around the request waits for an answer.
 */
export interface RequestLostEvent extends TurnEventBase {
  readonly type: 'request.lost';
  readonly model: string;
  readonly usage: Usage;
  /** What had arrived when a run inside middleware began to wait. An equal request is not sent again. */
  readonly responses?: readonly KeptResponse[];
}

/** A response that is used again. */
export interface KeptResponse {
  /** A hash of the request. */
  readonly request: string;
  readonly model: string;
  readonly response: ChatResponse;
}

/** A request or a batch of calls would have exceeded a limit and was not started. */
export interface LimitExceededEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'limit.exceeded';
  readonly limit: LimitName;
  readonly max: number;
  readonly spent: number;
  /** Usage of attempts before the limit stopped the request. */
  readonly usage: Usage;
}

/** A limit is near. One last turn without tools follows. */
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
  /** The output guard that rejected the response. */
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
  /** The call was approved, but the definition of its tool has changed since. The approval does not apply. */
  readonly again?: 'definition_changed';
  /** The state of the `SuspendRun` that the tool threw. It is for the tool: neither the model nor the person who answers gets it. */
  readonly state?: Json;
  /** Usage of the middleware's own model requests, if the call had begun. */
  readonly middlewareUsage?: Usage;
}

/** The tool can need approval, but this call does not. */
export interface ApprovalNotRequiredEvent extends CallEventBase {
  readonly type: 'approval.not_required';
  /** The approval of an earlier call that covers this one. Absent if the tool requires none. */
  readonly standingApproval?: StandingApproval;
}

export interface ApprovalAnsweredEvent extends CallEventBase {
  readonly type: 'approval.answered';
  readonly answer: Answer;
  /** Who answered, as passed to `host.answer`. */
  readonly by?: string;
  /** What an answer with `always: true` approves from now on. */
  readonly standingApproval?: StandingApproval;
}

/** No answer arrived in time. The call counts as denied. */
export interface ApprovalExpiredEvent extends CallEventBase {
  readonly type: 'approval.expired';
}

/** The user sent a message while calls were pending. The calls end as cancelled, then the message is appended. */
export interface UserInterruptedEvent extends TurnEventBase {
  readonly type: 'user.interrupted';
  readonly message: UserMessage;
  /** Who wrote, as passed to `host.sendMessage`. */
  readonly by?: string;
}

/** A run inside this call waits for an answer. */
export interface ToolSuspendedEvent extends CallEventBase, NestedUsage {
  readonly type: 'tool.suspended';
  readonly pending: readonly PendingCall[];
  /**
   * How often the call has been suspended by a run that its tool began. The tool runs again as another step. Absent if the tool is an agent:
   * then the event is not recorded, and the agent continues.
   */
  readonly suspensions?: number;
}

/** The run cannot continue until a pending call is answered. */
export interface RunSuspendedEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'run.suspended';
  readonly pending: readonly string[];
}

export interface ToolFinishedEvent extends ClosedCallBase {
  readonly type: 'tool.finished';
  /** The agent that takes over the conversation, unless another call of the turn takes precedence. */
  readonly handoffTo?: string;
  readonly durationMs: number;
  /** The whole result, if `content` has only its head and tail, or adds that a person edited the call. */
  readonly fullContent?: string;
  /** What the call changed of the state of the run. */
  readonly stateChange?: StateChange;
  /** Images and files, which are sent to the model in a user message. */
  readonly parts?: readonly UserPart[];
  /** The tool returned this text, although it looks like JSON. */
  readonly isText?: true;
  /** The paths in the value that JSON cannot represent exactly. */
  readonly lossyPaths?: readonly string[];
}

export interface ToolFailedEvent extends ClosedCallBase {
  readonly type: 'tool.failed';
  readonly durationMs: number;
  /**
   * - `invalid`, `unknown`: the input is invalid or there is no such tool; nothing ran.
   * - `aborted`, `refused`: the tool, or middleware around it, threw `AbortRun` or `RefuseRun`.
   * - `unknown_outcome`: the process crashed during the call, or the tool threw `UnknownOutcomeError`.
   * - `ended`: the agent that is the tool ended without an output.
   */
  readonly reason: 'threw' | 'timeout' | 'invalid' | 'unknown' | 'aborted' | 'refused' | 'unknown_outcome' | 'ended';
  readonly error: ErrorData;
  /** The guard that refused. */
  readonly guard?: string;
}

export interface ToolSkippedEvent extends ClosedCallBase {
  readonly type: 'tool.skipped';
  readonly reason: 'denied' | 'cancelled' | 'limit';
  /** The limit that the call would have exceeded. */
  readonly limit?: LimitName;
  /** The limit of this run or of an outer run that parallel calls had used up before the call began. */
  readonly outerLimit?: { readonly max: number; readonly spent: number };
}

export interface OutputCheckedEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'output.checked';
  readonly result:
    | { readonly ok: true; readonly value: Json }
    /** One line per issue. `isRejected`: the output matches its schema, and the agent's `validate` rejected it. */
    | { readonly ok: false; readonly issues: string; readonly isRejected?: true };
  /** Usage of the validator's own model requests. */
  readonly middlewareUsage?: Usage;
}

/** Another agent took over the conversation in the same run; in turn 0 as the agent that had the conversation last. */
export interface HandoffCompletedEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'handoff.completed';
  readonly from: string;
  readonly to: string;
  /** The instructions of the other agent, resolved at this time. */
  readonly instructions?: string;
  /** The state of the run, if the schema of the other agent changed it. */
  readonly state?: JsonObject;
  /** Replacements in the history that the other agent sees. The history itself stays complete. */
  readonly edits?: readonly HistoryEdit[];
  /** The definition of the other agent at that time. */
  readonly definition: DefinitionRecord;
  /** Usage of the model requests of its history filter. */
  readonly middlewareUsage?: Usage;
}

export interface RunAbortedEvent extends StepTime, NestedRunUsage {
  readonly type: 'run.aborted';
  readonly reason: string;
  /** Estimated usage of requests that were in progress or failed. Absent if there were none. */
  readonly usage?: Usage;
}

/** Middleware, for example a guard, threw `RefuseRun`. */
export interface RunRefusedEvent extends TurnEventBase, NestedRunUsage {
  readonly type: 'run.refused';
  readonly reason: string;
  /** The guard that refused. */
  readonly guard?: string;
  readonly usage: Usage;
}

interface NamedStepBase extends StepTime, NestedRunUsage {
  /** The name that the code gave. Unique in the code of a flow, a tool or middleware, at the path of the event. */
  readonly label: string;
  /** `run`: an agent or a flow. `call`: a call of a tool. `answer`: a question to a person or another system. `value`: plain code. */
  readonly kind: 'run' | 'call' | 'answer' | 'value';
  /** The agent, the flow or the tool that ran. Absent for plain code. */
  readonly target?: string;
  readonly durationMs: number;
}

/** A step that code has named is finished. Events with its path say what happened in it. */
export interface StepFinishedEvent extends NamedStepBase {
  readonly type: 'step.finished';
  /** The value of plain code. */
  readonly value?: Json;
}

/** A step that code has named has failed: the code got an error. */
export interface StepFailedEvent extends NamedStepBase {
  readonly type: 'step.failed';
  /** How the run inside ended. Absent for plain code. */
  readonly status?: Exclude<Outcome<unknown>['status'], 'completed' | 'suspended'>;
  /** The error of plain code. */
  readonly error?: ErrorData;
}

/** The code of a flow has ended, with an output or for a reason. */
export interface FlowEndedEvent extends StepTime {
  readonly type: 'flow.ended';
  readonly end: Conclusion;
}

export interface RunFinishedEvent extends StepTime {
  readonly type: 'run.finished';
  readonly outcome: Outcome<unknown>;
}

/** The event with which a call ends. */
export type ToolCallClosedEvent = ToolFinishedEvent | ToolFailedEvent | ToolSkippedEvent;

/** An event that is recorded in the journal as JSON. The state of a run is its journal, folded. */
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
  | StepFinishedEvent
  | StepFailedEvent
  | FlowEndedEvent
  | RunFinishedEvent;
