import type { Json } from '../base/json.ts';
import type { ToolCall, UserMessage } from '../chat/message.ts';
import type { Mend } from '../chat/reply.ts';
import type { ErrorData } from './error-data.ts';

interface OfAttempt {
  readonly turn: number;
  /** Counted from 1, over all models that are asked in this turn. */
  readonly attempt: number;
}

interface OfCall {
  readonly turn: number;
  readonly index: number;
  readonly call: ToolCall;
}

export interface AttemptStarted extends OfAttempt {
  readonly type: 'attempt.started';
  readonly model: string;
  /** The text that this attempt adds to the request: it tells the model of its mistake in the attempt before. */
  readonly correction?: string;
}

export interface AttemptFailed extends OfAttempt {
  readonly type: 'attempt.failed';
  readonly model: string;
  readonly error: ErrorData;
  /** When the next attempt at the same model starts; absent where there is none. */
  readonly retryInMs?: number;
  /** False where a kept-alive connection had gone stale, so that the server never saw the request, and while a server loads its model. */
  readonly counted: boolean;
}

/** A piece of the reply's text. An unstreamed reply is one piece. */
export interface ModelText extends OfAttempt {
  readonly type: 'model.text';
  readonly delta: string;
}

export interface ModelReasoning extends OfAttempt {
  readonly type: 'model.reasoning';
  readonly delta: string;
}

export interface ModelRefusal extends OfAttempt {
  readonly type: 'model.refusal';
  readonly delta: string;
}

/** A piece of a call's arguments. A call without arguments has one piece, which is empty. */
export interface ModelCall extends OfAttempt {
  readonly type: 'model.call';
  readonly index: number;
  readonly name: string;
  /** As `name`: what each event about a call has. */
  readonly toolName: string;
  /** The id that the call has in the history; absent if a model that is not asked over HTTP does not give it. */
  readonly toolCallId?: string;
  readonly delta: string;
}

/** What there is so far of an agent's output, before it is checked. Told of streamed replies; long ones less often. */
export interface OutputPartial extends OfAttempt {
  readonly type: 'output.partial';
  readonly partial: Json;
}

/** The pieces told for this attempt are void: it failed, or its reply is not used. */
export interface ModelDiscarded extends OfAttempt {
  readonly type: 'model.discarded';
}

/** What the user said while the run was at work goes to the model. */
export interface UserSteered {
  readonly type: 'user.steered';
  readonly turn: number;
  readonly message: UserMessage;
}

export interface WireMended {
  readonly type: 'wire.mended';
  readonly turn: number;
  readonly mends: readonly Mend[];
}

export interface ToolStarted extends OfCall {
  readonly type: 'tool.started';
}

export interface ToolProgress extends OfCall {
  readonly type: 'tool.progress';
  readonly progress: Json;
}

/** A tool that was given up gave a result, or threw, after all. It is not used. */
export interface ToolLate extends OfCall {
  readonly type: 'tool.late';
  readonly error?: ErrorData;
}

/** Told once a listener, however often it fails. */
export interface ListenerFailed {
  readonly type: 'listener.failed';
  readonly event: string;
  readonly error: ErrorData;
}

/** What is told while it happens and may be lost. */
export type Notice =
  | AttemptStarted
  | AttemptFailed
  | ModelText
  | ModelReasoning
  | ModelRefusal
  | ModelCall
  | OutputPartial
  | ModelDiscarded
  | UserSteered
  | WireMended
  | ToolStarted
  | ToolProgress
  | ToolLate
  | ListenerFailed;
