import type { Clock } from '../base/clock.ts';
import type { Json } from '../base/json.ts';
import type { Message, ToolCall } from '../chat/message.ts';
import type { ChatRequest, ToolChoice } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { Rejection } from '../event/rejection.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { Tool } from '../tool/tool.ts';
import type { ToolResult } from '../tool/tool-result.ts';

/** The run that a middleware is working in. */
export interface MiddlewareScope<Context = unknown> {
  /** The application's value, as it was handed to `agent.run`. */
  readonly context: Context;
  readonly runId: string;
  /** Where in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** Counted from 1. */
  readonly turn: number;
  /** Of the agent that speaks; around a request the one that is asked. */
  readonly model: ChatModel;
  /** Aborted when the run ends. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What the run's history had before something else was put in its place: see `TurnPlan.replaceHistory`. */
  readonly replacedMessages: readonly Message[];
  /**
   * Asks a model beside the conversation, as a guard or a summary does: within the run's limits, with its retries, and counted with
   * the step that the middleware works in. Rejects as a model request of the run would.
   */
  callModel(model: ChatModel, request: ChatRequest): Promise<ChatResponse>;
}

/** What one turn will ask. What `prepareTurn` changes holds for that turn only, but for messages that are to be kept. */
export interface TurnPlan {
  readonly turn: number;
  /** One of the agent's: its `model`, or of its `models`. */
  readonly model: ChatModel;
  /** The history; instructions come on top. */
  readonly messages: readonly Message[];
  /**
   * Whether the run goes on with these messages: they are its history from now on, and that of its outcome. Messages that stay have to be
   * the same objects.
   *
   * @defaultValue false: they hold for this turn
   */
  readonly replaceHistory?: boolean;
  /** How many tokens the request will have: as the server counted what it has seen, and an estimate of what came since. Follows what is made of `tools`. */
  readonly estimatedInputTokens: number;
  /** Of the agent's tools. */
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  /**
   * What middleware keeps for the run's next turns, by a name of its own: JSON, recorded with the turn, so that a resumed run has it as
   * well. Begins anew where the conversation goes over to another agent.
   */
  readonly memory?: Readonly<Record<string, Json>>;
}

/** A call whose arguments passed the tool's schema. */
export interface ValidatedCall {
  readonly call: ToolCall;
  readonly tool: Tool;
  /** What the schema made of the arguments. */
  readonly input: unknown;
}

/** Asks the model, with all retries. Rejects with a `ModelError` when they are spent. */
export type NextModelCall = (request: ChatRequest) => Promise<ChatResponse>;

/** Runs the tool, under its deadline. Rejects with what the tool threw. */
export type ToolExecution = (call: ValidatedCall) => Promise<ToolResult>;

/**
 * May change or veto a model request or a tool call. The first one of a list is the outermost.
 *
 * What a middleware changes is part of the step that it wraps, and remembered with it. What it throws counts as
 * thrown by the model, or by the tool; `AbortRun` and `RefuseRun` end the run.
 */
export interface Middleware<in Context = unknown> {
  readonly prepareTurn?: (turn: TurnPlan, scope: MiddlewareScope<Context>) => TurnPlan | Promise<TurnPlan>;
  readonly wrapModelCall?: (
    request: ChatRequest,
    next: NextModelCall,
    scope: MiddlewareScope<Context>,
  ) => Promise<ChatResponse>;
  /**
   * Around each tool, an agent as a tool among them. Around such an agent it does its part again where a run is resumed before the
   * agent's result was remembered; a pause of the agent passes by it.
   */
  readonly wrapToolCall?: (
    call: ValidatedCall,
    next: ToolExecution,
    scope: MiddlewareScope<Context>,
  ) => Promise<ToolResult>;
}

/** Thrown by an output guard in place of a response that the run must not use. The loop asks again, or refuses the run. */
export class RejectedResponse extends Error {
  override readonly name = 'RejectedResponse';
  readonly reply: ChatResponse;
  readonly rejection: Rejection;

  constructor(reply: ChatResponse, rejection: Rejection) {
    super(rejection.reason);
    this.reply = reply;
    this.rejection = rejection;
  }
}
