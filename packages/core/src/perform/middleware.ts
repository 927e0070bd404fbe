import type { Clock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Message, ToolCall } from '../chat/message.ts';
import type { ChatRequest, ChatSettings, ToolChoice } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { Rejection } from '../event/rejection.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { RunChild } from '../tool/runnable.ts';
import type { Tool } from '../tool/tool.ts';
import type { ToolResult } from '../tool/tool-result.ts';

/** The run in which a middleware works. */
export interface MiddlewareScope<Context = unknown> {
  /** The application's context value, as passed to `agent.run`. */
  readonly context: Context;
  readonly runId: string;
  /** The position in the tree of runs: `''` for the outermost run. */
  readonly path: string;
  /** The state of the run; `undefined` if no agent of the run has one. */
  readonly state: JsonObject | undefined;
  /** Counted from 1. */
  readonly turn: number;
  /** The model of the active agent; in `wrapModelCall` the model of this request. */
  readonly model: ChatModel;
  /** Aborted when the run ends. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Messages of the history that middleware has replaced: see `TurnPlan.replaceHistory`. */
  readonly replacedMessages: readonly Message[];
  /**
   * Requests a response outside the conversation, for example for a guard or a summary: within the run's limits, with its retries, and
   * charged with the step. Rejects like a model request of the run.
   */
  callModel(model: ChatModel, request: ChatRequest): Promise<ChatResponse>;
  /**
   * Runs an agent or a flow in this step: `run(judge, text, { step: 'judge' })`. See `RunChild`. If it waits for an answer, the step is done
   * again after the answer: an equal model request gets the response that it got before, and a run that gets the same input again continues.
   */
  readonly run: RunChild<Context>;
}

/** The request of one turn. A change by `prepareTurn` applies to this turn only, except with `replaceHistory` and for `memory`. */
export interface TurnPlan {
  readonly turn: number;
  /** The agent's `model`, or one of its `models`. */
  readonly model: ChatModel;
  /** The request fields of the agent and the run, in the spelling of the wire. */
  readonly modelSettings: ChatSettings;
  /** The system message. Without text none is sent. */
  readonly instructions: string | undefined;
  /** The history, without the instructions. */
  readonly messages: readonly Message[];
  /**
   * Whether `messages` replaces the history for the rest of the run and in its outcome. Messages that stay must be the same objects.
   *
   * @defaultValue false: `messages` applies to this turn only
   */
  readonly replaceHistory?: boolean;
  /** The expected input tokens of the request: the server's last count, plus an estimate of what was added since. Updated when `tools` changes. */
  readonly estimatedInputTokens: number;
  /** A selection of the agent's tools. */
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  /**
   * Values that middleware keeps for later turns, each under a name of its own. They are JSON and recorded with the turn, so a resumed
   * run has them too. A handoff clears them.
   */
  readonly memory?: Readonly<Record<string, Json>>;
}

/** A call whose arguments match the tool's schema. */
export interface ValidatedCall {
  readonly call: ToolCall;
  readonly tool: Tool;
  /** The arguments after validation by the schema. */
  readonly input: unknown;
}

/** Requests a response, with all retries. Rejects with a `ModelError` when the last one fails. */
export type NextModelCall = (request: ChatRequest, options?: NextModelCallOptions) => Promise<ChatResponse>;

export interface NextModelCallOptions {
  /**
   * Called with the text so far when a part of a streamed response arrives, after its delta was emitted. Another attempt begins with an
   * empty text. The response is not read on before the promise resolves. If it throws, the request is cancelled, its deltas are discarded, and
   * `next` rejects with that error.
   */
  readonly onText?: ((text: string) => void | Promise<void>) | undefined;
}

/** Runs the tool with its deadline. Rejects with the error that the tool threw. */
export type ToolExecution = (call: ValidatedCall) => Promise<ToolResult>;

/**
 * Changes or rejects model requests and tool calls. The first middleware of a list is the outermost.
 *
 * Its changes are part of the step that it wraps, and recorded with it. An error that it throws counts as an error of the model or
 * the tool; `AbortRun` and `RefuseRun` end the run.
 */
export interface Middleware<in Context = unknown> {
  /**
   * Whether the middleware decides about the text of a response after its deltas were emitted: it may replace the text, or end the run
   * because of it. Then `agent.hasTextGuard` is true, and whatever shows a run to a person must wait for the text of `model.responded`.
   *
   * @defaultValue false
   */
  readonly isTextGuard?: boolean;
  readonly prepareTurn?: (turn: TurnPlan, scope: MiddlewareScope<Context>) => TurnPlan | Promise<TurnPlan>;
  readonly wrapModelCall?: (
    request: ChatRequest,
    next: NextModelCall,
    scope: MiddlewareScope<Context>,
  ) => Promise<ChatResponse>;
  /**
   * Wraps each tool call, including calls of agents as tools. For such an agent it runs again if the run is resumed before the agent's
   * result is recorded, and it does not see that the agent was suspended.
   */
  readonly wrapToolCall?: (
    call: ValidatedCall,
    next: ToolExecution,
    scope: MiddlewareScope<Context>,
  ) => Promise<ToolResult>;
}

/** Thrown by an output guard that rejects a response. The loop requests another response, or ends the run as refused. */
export class RejectedResponse extends Error {
  override readonly name = 'RejectedResponse';
  readonly response: ChatResponse;
  readonly rejection: Rejection;

  constructor(response: ChatResponse, rejection: Rejection) {
    super(rejection.reason);
    this.response = response;
    this.rejection = rejection;
  }
}

/** JavaScript models and middleware may return no response. @throws ConfigError */
export function checkResponse(response: ChatResponse | undefined, by: string): void {
  if (response?.choices?.[0]?.message !== undefined) return;
  throw new ConfigError(
    `${by} returned no response. Return { choices: [{ message, finish_reason }] }, or the result of next(request).`,
  );
}
