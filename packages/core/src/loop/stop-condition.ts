import { type Json, type JsonObject, parseJson } from '../base/json.ts';
import { getCallName, getMessageText, type Message, type ToolCall } from '../chat/message.ts';
import type { ToolCallClosedEvent, ToolFinishedEvent } from '../event/journal-event.ts';
import type { Usage } from '../event/usage.ts';
import type { RunState } from './state.ts';

/** The result of one tool call of the last turn. */
export interface StopResult {
  readonly toolName: string;
  readonly call: ToolCall;
  /** The result as the model would read it. */
  readonly content: string;
  /** The complete result of the tool, before it is shortened or annotated for the model. */
  readonly fullContent: string;
  /** The value that the tool returned, as JSON; `undefined` unless the call has finished. */
  readonly value: Json | undefined;
  /** `failed`: the tool threw, or its input was invalid. `skipped`: the call was denied, cancelled or over a limit. */
  readonly status: 'finished' | 'failed' | 'skipped';
}

/** The state of a run after all calls of a turn have results, before the next request. */
export interface StopState<Context = unknown> {
  /** The application's context value, as passed to `agent.run`. */
  readonly context: Context;
  /** The number of model requests so far. */
  readonly turn: number;
  /** The conversation, without instructions. */
  readonly messages: readonly Message[];
  /** The text of the response that made the calls; may be empty. */
  readonly text: string;
  /** In the order of the calls. */
  readonly results: readonly StopResult[];
  readonly toolCallCount: number;
  /** The state of the run; `undefined` if no agent of the run has one. */
  readonly state: JsonObject | undefined;
  readonly usage: Usage;
}

/**
 * Decides whether the run ends as `completed`. `true` ends it with the model's text of this turn as output, `{ output }` with another one.
 * If the agent has an output schema, the output is JSON that matches it. If it has `validate`, that checks the output as well; an output
 * that is not valid ends the run as `failed`.
 *
 * Contract:
 * - Pure: a resumed run evaluates it again, and must get the same result.
 * - If it throws, the run ends as `failed`.
 */
export type StopCondition<in Context = unknown, out Output = string> = (
  state: StopState<Context>,
) => boolean | { readonly output: Output };

/** Ends the run when one of these tools has finished, with the tool's result as output: its text, or its value if the agent has an output schema. */
export function stopOnTool(...tools: readonly string[]): StopCondition<unknown, never> {
  return ({ results }) => {
    const last = results.find(({ toolName: tool, status }) => status === 'finished' && tools.includes(tool));
    return last === undefined ? false : new ToolOutput(last);
  };
}

/** The output of a tool: a text, or the value for an agent with an output schema. Its type depends on the agent. */
export class ToolOutput {
  readonly output: never;
  readonly value: Json | undefined;

  constructor({ fullContent, value }: StopResult) {
    this.output = fullContent as never;
    this.value = value;
  }
}

export function toStopState(run: RunState): StopState {
  const { turn, history, results, toolCalls, remembered, usage } = run;
  const { messages } = history;
  const response = messages.findLast((message) => message.role === 'assistant');
  const text = response === undefined ? '' : getMessageText(response);
  return {
    context: undefined,
    turn,
    messages,
    text,
    results: results.map(toStopResult),
    toolCallCount: toolCalls,
    state: remembered?.value,
    usage,
  };
}

function toStopResult(event: ToolCallClosedEvent): StopResult {
  const { type, call, content } = event;
  const status = { 'tool.finished': 'finished', 'tool.failed': 'failed', 'tool.skipped': 'skipped' } as const;
  const fullContent = (type === 'tool.finished' ? event.fullContent : undefined) ?? content;
  const value = type === 'tool.finished' ? readValue(event, fullContent) : undefined;
  return { toolName: getCallName(call), call, content, fullContent, value, status: status[type] };
}

function readValue({ isText }: ToolFinishedEvent, text: string): Json {
  const parsed = isText === true ? undefined : parseJson(text);
  return parsed?.ok === true ? (parsed.value as Json) : text; // `JSON.parse` returns JSON.
}
