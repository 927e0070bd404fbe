import { callName, getMessageText, type Message, type ToolCall } from '../chat/message.ts';
import type { ToolCallClosedEvent } from '../event/journal-event.ts';
import type { Usage } from '../event/usage.ts';
import type { RunState } from './state.ts';

/** One call of the turn that is over. */
export interface StopResult {
  readonly tool: string;
  readonly call: ToolCall;
  /** What the model would be told. */
  readonly content: string;
  /** What the tool gave, whole, also where the model reads less of it, or more. */
  readonly full: string;
  /** `failed`: it threw, or its arguments did not pass. `skipped`: it was denied, cancelled or refused. */
  readonly status: 'finished' | 'failed' | 'skipped';
}

/** What is known of a run when all calls of a turn are answered, before the model is asked again. */
export interface StopState {
  /** Requests that were made. */
  readonly turn: number;
  /** The conversation, without instructions. */
  readonly messages: readonly Message[];
  /** What the model said beside its calls; may be empty. */
  readonly text: string;
  /** In the order of the calls. */
  readonly results: readonly StopResult[];
  readonly toolCalls: number;
  readonly usage: Usage;
}

/**
 * Whether the run ends here, as `completed`. `true`: with the model's text of this turn. Has to be pure: a run that is resumed
 * asks again, and has to be told the same. What it throws ends the run as `failed`.
 */
export type StopCondition = (state: StopState) => boolean | { readonly output: string };

/** Ends the run when one of these tools has finished: what it gave is the output. */
export function stopOnTool(...tools: readonly string[]): StopCondition {
  return ({ results }) => {
    const last = results.find(({ tool, status }) => status === 'finished' && tools.includes(tool));
    return last === undefined ? false : { output: last.full };
  };
}

export function stopState({ turn, history: { messages }, results, toolCalls, usage }: RunState): StopState {
  const said = messages.findLast((message) => message.role === 'assistant');
  const text = said === undefined ? '' : getMessageText(said);
  return { turn, messages, text, results: results.map(resultOf), toolCalls, usage };
}

function resultOf({ type, call, content, ...fact }: ToolCallClosedEvent): StopResult {
  const status = { 'tool.finished': 'finished', 'tool.failed': 'failed', 'tool.skipped': 'skipped' } as const;
  const full = ('fullContent' in fact ? fact.fullContent : undefined) ?? content;
  return { tool: callName(call), call, content, full, status: status[type] };
}
