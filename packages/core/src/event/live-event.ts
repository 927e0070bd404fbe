import type { Json } from '../base/json.ts';
import type { ToolCall, UserMessage } from '../chat/message.ts';
import type { Repair } from '../chat/response.ts';
import type { ErrorData } from './error-data.ts';

interface AttemptEventBase {
  readonly turn: number;
  /** Counted from 1 within the turn, over all models. */
  readonly attempt: number;
}

interface LiveCallEventBase {
  readonly turn: number;
  readonly index: number;
  readonly call: ToolCall;
}

export interface AttemptStartedEvent extends AttemptEventBase {
  readonly type: 'attempt.started';
  readonly model: string;
  /** The text that this attempt adds to the request: it describes the mistake of the model in the previous attempt. */
  readonly correction?: string;
}

export interface AttemptFailedEvent extends AttemptEventBase {
  readonly type: 'attempt.failed';
  readonly model: string;
  readonly error: ErrorData;
  /** The time until the next attempt at the same model, in milliseconds. Absent if there is none. */
  readonly retryInMs?: number;
  /** Whether the attempt counts against the retry policy. False for a stale connection, which never reached the server, and for a server that is loading its model. */
  readonly counted: boolean;
}

/** A piece of the text of the response. An unstreamed response has one piece. */
export interface TextDeltaEvent extends AttemptEventBase {
  readonly type: 'text.delta';
  readonly delta: string;
}

export interface ReasoningDeltaEvent extends AttemptEventBase {
  readonly type: 'reasoning.delta';
  readonly delta: string;
}

export interface RefusalDeltaEvent extends AttemptEventBase {
  readonly type: 'refusal.delta';
  readonly delta: string;
}

/** A piece of the arguments of a call. A call without arguments has one empty piece. */
export interface ToolCallDeltaEvent extends AttemptEventBase {
  readonly type: 'tool_call.delta';
  readonly index: number;
  readonly name: string;
  /** The same as `name`. Every event about a call has this field. */
  readonly toolName: string;
  /** `function`: the deltas are pieces of a JSON text. `custom`: pieces of the text for a custom tool. A server without custom tools sends a function. */
  readonly kind: 'function' | 'custom';
  /** The id of the call in the history. A model without HTTP can omit it. */
  readonly toolCallId?: string;
  readonly delta: string;
}

/** The output of an agent so far, before it is validated. Emitted for streamed responses; less often for long ones. */
export interface OutputPartialEvent extends AttemptEventBase {
  readonly type: 'output.partial';
  readonly partial: Json;
}

/** The deltas of this attempt are void: it failed, or its response is not used. */
export interface AttemptDiscardedEvent extends AttemptEventBase {
  readonly type: 'attempt.discarded';
}

/** A message of the user that arrived while the run worked is sent to the model. */
export interface UserSteeringEvent {
  readonly type: 'user.steering';
  readonly turn: number;
  readonly message: UserMessage;
}

export interface ResponseRepairedEvent {
  readonly type: 'response.repaired';
  readonly turn: number;
  readonly repairs: readonly Repair[];
}

export interface ToolStartedEvent extends LiveCallEventBase {
  readonly type: 'tool.started';
}

export interface ToolProgressEvent extends LiveCallEventBase {
  readonly type: 'tool.progress';
  readonly progress: Json;
}

/** A tool settled after its timeout or cancellation. The result is not used. */
export interface ToolLateResultEvent extends LiveCallEventBase {
  readonly type: 'tool.late_result';
  readonly error?: ErrorData;
}

/** A listener, a wire log or a callback of `toolContext.onRunEnd` threw or rejected. Emitted once for each. */
export interface ListenerFailedEvent {
  readonly type: 'listener.failed';
  /** The type of the event, `wireLog.sent`, `wireLog.received`, `onRunEnd`, or a hook: `instrumentation.instrumentRun`. */
  readonly event: string;
  readonly error: ErrorData;
}

/** An event that is emitted while it happens. It is not recorded and can be lost. */
export type LiveEvent =
  | AttemptStartedEvent
  | AttemptFailedEvent
  | TextDeltaEvent
  | ReasoningDeltaEvent
  | RefusalDeltaEvent
  | ToolCallDeltaEvent
  | OutputPartialEvent
  | AttemptDiscardedEvent
  | UserSteeringEvent
  | ResponseRepairedEvent
  | ToolStartedEvent
  | ToolProgressEvent
  | ToolLateResultEvent
  | ListenerFailedEvent;
