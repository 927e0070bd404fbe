import type { JsonObject } from '../base/json.ts';
import { getCallName, getMessageText, type Message, type ToolCall } from '../chat/message.ts';
import type { ToolCallClosedEvent } from '../event/journal-event.ts';
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
  /** `failed`: the tool threw, or its input was invalid. `skipped`: the call was denied, cancelled or over a limit. */
  readonly status: 'finished' | 'failed' | 'skipped';
}

/** The state of a run after all calls of a turn have results, before the next request. */
export interface StopState {
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
 * Decides whether the run ends as `completed`. `true` ends it with the model's text of this turn as output.
 *
 * Contract:
 * - Pure: a resumed run evaluates it again, and must get the same result.
 * - If it throws, the run ends as `failed`.
 */
export type StopCondition = (state: StopState) => boolean | { readonly output: string };

/** Ends the run when one of these tools has finished, with the tool's result as output. */
export function stopOnTool(...tools: readonly string[]): StopCondition {
  return ({ results }) => {
    const last = results.find(({ toolName: tool, status }) => status === 'finished' && tools.includes(tool));
    return last === undefined ? false : { output: last.fullContent };
  };
}

export function toStopState(run: RunState): StopState {
  const { turn, history, results, toolCalls, remembered, usage } = run;
  const { messages } = history;
  const response = messages.findLast((message) => message.role === 'assistant');
  const text = response === undefined ? '' : getMessageText(response);
  return {
    turn,
    messages,
    text,
    results: results.map(toStopResult),
    toolCallCount: toolCalls,
    state: remembered?.value,
    usage,
  };
}

function toStopResult({ type, call, content, ...event }: ToolCallClosedEvent): StopResult {
  const status = { 'tool.finished': 'finished', 'tool.failed': 'failed', 'tool.skipped': 'skipped' } as const;
  const full = ('fullContent' in event ? event.fullContent : undefined) ?? content;
  return { toolName: getCallName(call), call, content, fullContent: full, status: status[type] };
}
