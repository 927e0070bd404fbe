import type { Json } from '../base/json.ts';
import type { ToolCall, UserMessage } from '../chat/message.ts';
import type { Repair } from '../chat/response.ts';
import type { ErrorData } from './error-data.ts';

interface AttemptEventBase {
  readonly turn: number;
  /** Counted from 1, over all models that are asked in this turn. */
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
  /** The text that this attempt adds to the request: it tells the model of its mistake in the attempt before. */
  readonly correction?: string;
}

export interface AttemptFailedEvent extends AttemptEventBase {
  readonly type: 'attempt.failed';
  readonly model: string;
  readonly error: ErrorData;
  /** When the next attempt at the same model starts; absent where there is none. */
  readonly retryInMs?: number;
  /** False where a kept-alive connection had gone stale, so that the server never saw the request, and while a server loads its model. */
  readonly counted: boolean;
}

/** A piece of the response's text. An unstreamed response is one piece. */
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

/** A piece of a call's arguments. A call without arguments has one piece, which is empty. */
export interface ToolCallDeltaEvent extends AttemptEventBase {
  readonly type: 'tool_call.delta';
  readonly index: number;
  readonly name: string;
  /** As `name`: what each event about a call has. */
  readonly toolName: string;
  /** The id that the call has in the history; absent if a model that is not asked over HTTP does not give it. */
  readonly toolCallId?: string;
  readonly delta: string;
}

/** What there is so far of an agent's output, before it is checked. Told of streamed responses; long ones less often. */
export interface OutputPartialEvent extends AttemptEventBase {
  readonly type: 'output.partial';
  readonly partial: Json;
}

/** The pieces told for this attempt are void: it failed, or its response is not used. */
export interface AttemptDiscardedEvent extends AttemptEventBase {
  readonly type: 'attempt.discarded';
}

/** What the user said while the run was at work goes to the model. */
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

/** A tool that was given up gave a result, or threw, after all. It is not used. */
export interface ToolLateResultEvent extends LiveCallEventBase {
  readonly type: 'tool.late_result';
  readonly error?: ErrorData;
}

/** Told once a listener, however often it fails. */
export interface ListenerFailedEvent {
  readonly type: 'listener.failed';
  readonly event: string;
  readonly error: ErrorData;
}

/** What is told while it happens and may be lost. */
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
