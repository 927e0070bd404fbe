import type { Message, ToolCall } from '../chat/message.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest, ToolChoice } from '../chat/request.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { ToolResult } from '../tool/result.ts';
import type { Tool } from '../tool/tool.ts';

/** The run that a middleware is working in. */
export interface MiddlewareScope<Context = unknown> {
  /** The application's value, as it was handed to `agent.run`. */
  readonly context: Context;
  readonly runId: string;
  /** Where in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** Counted from 1. */
  readonly turn: number;
  /** Aborted when the run ends. */
  readonly signal: AbortSignal;
}

/** What one turn will ask. What `prepareTurn` changes holds for that turn only. */
export interface TurnPlan {
  readonly turn: number;
  /** One of the agent's: its `model`, or of its `models`. */
  readonly model: ChatModel;
  /** The history; instructions come on top. */
  readonly messages: readonly Message[];
  /** Of the agent's tools. */
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
}

/** A call whose arguments passed the tool's schema. */
export interface ValidatedCall {
  readonly call: ToolCall;
  readonly tool: Tool;
  /** What the schema made of the arguments. */
  readonly input: unknown;
}

/** Asks the model, with all retries. Rejects with a `ModelError` when they are spent. */
export type ModelCall = (request: ChatRequest) => Promise<ChatReply>;

/** Runs the tool, under its deadline. Rejects with what the tool threw. */
export type ToolExecution = (call: ValidatedCall) => Promise<ToolResult>;

/**
 * May change or veto a model request or a tool call. The first one of a list is the outermost.
 *
 * What a middleware changes is part of the step that it wraps, and remembered with it. What it throws counts as
 * thrown by the model, or by the tool; `AbortRun` ends the run.
 */
export interface Middleware<in Context = unknown> {
  readonly prepareTurn?: (turn: TurnPlan, scope: MiddlewareScope<Context>) => TurnPlan | Promise<TurnPlan>;
  readonly model?: (request: ChatRequest, next: ModelCall, scope: MiddlewareScope<Context>) => Promise<ChatReply>;
  /** Around each tool that runs here: not around an agent as a tool, whose own middleware is around what it does. */
  readonly tool?: (call: ValidatedCall, next: ToolExecution, scope: MiddlewareScope<Context>) => Promise<ToolResult>;
}
