import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import { isPartsMessage } from '../loop/calls.ts';
import type { TurnPlan } from '../perform/middleware.ts';
import { findLastUserMessages, isInstruction, isSummary } from './conversation-parts.ts';

/** When a conversation is compacted, and which part stays unchanged. */
export interface CompactionOptions {
  /** The size of the model's context window, in tokens. */
  readonly contextWindow: number;
  /** The share of the window, from 0 to 1, above which the conversation is compacted. @defaultValue 0.8 */
  readonly threshold?: number;
  /** The number of last model requests that stay unchanged, with their calls and results. @defaultValue 4 */
  readonly keepTurns?: number;
}

export const COMPACTION_KEYS: OptionTable<CompactionOptions>['keys'] = {
  contextWindow: 'number',
  threshold: 'number',
  keepTurns: 'number',
};

const WINDOW = 'The option is "contextWindow", in tokens.';
const THRESHOLD = 'The option is "threshold", a share of the context window.';

export const COMPACTION_HINTS: Readonly<Record<string, string>> = {
  window: WINDOW,
  maxTokens: WINDOW,
  above: THRESHOLD,
  ratio: THRESHOLD,
};

/** @throws ConfigError if a number is invalid. */
export function checkCompactionOptions(
  kind: string,
  { contextWindow, threshold = 0.8, keepTurns = 4 }: CompactionOptions,
): void {
  const rules: readonly (readonly [boolean, string])[] = [
    [
      Number.isFinite(contextWindow) && contextWindow > 0,
      `contextWindow is ${contextWindow}. Pass the tokens of the model's window.`,
    ],
    [threshold > 0 && threshold <= 1, `threshold is ${threshold}. Pass a share of the window, from 0 to 1.`],
    [Number.isInteger(keepTurns) && keepTurns >= 1, `keepTurns is ${keepTurns}. Pass a whole number of 1 or more.`],
  ];
  for (const [isValid, problem] of rules) if (!isValid) throw new ConfigError(`${kind}: ${problem}`);
}

export function isOverThreshold(
  { estimatedInputTokens }: TurnPlan,
  { contextWindow, threshold = 0.8 }: CompactionOptions,
): boolean {
  return estimatedInputTokens > contextWindow * threshold;
}

/** Replaces the messages of a turn permanently, and lowers its estimated input tokens. */
export function withCompactedMessages(turn: TurnPlan, messages: readonly Message[]): TurnPlan {
  const saved = estimatePrompt({ messages: turn.messages }) - estimatePrompt({ messages });
  return { ...turn, messages, replaceHistory: true, estimatedInputTokens: turn.estimatedInputTokens - saved };
}

/**
 * Lists the messages that may be compacted: those before the last requests, without system and developer messages, and without the
 * user's messages since the last answer. Requests stay whole: a call stays with its results, and a question with its answer.
 */
export function listOlderMessages(
  messages: readonly Message[],
  { keepTurns = 4 }: CompactionOptions,
): readonly Message[] {
  let end = messages.length;
  for (let kept = 0; kept < keepTurns && end > 0; kept++) {
    end = messages.slice(0, end).findLastIndex(({ role }) => role === 'assistant');
  }
  while (end > 0 && isQuestion(messages, end - 1)) end--;
  const userMessages = findLastUserMessages(messages);
  return messages.filter((message, index) => index < end && !userMessages.has(index) && !isInstruction(message));
}

function isQuestion(messages: readonly Message[], index: number): boolean {
  const message = messages[index];
  if (message === undefined || isPartsMessage(messages, index)) return false;
  return message.role === 'user' || isInstruction(message);
}

/** A summary of fewer tokens is not worth a request. */
export const MIN_SUMMARIZED_TOKENS = 100;

/** If a summary removes this share of a prompt, it is worth a request even if the prompt stays too long. */
const WORTHWHILE_SHARE = 0.4;

/** Estimates the tokens of the older messages that are not summaries. */
export function estimateUnsummarizedTokens(messages: readonly Message[], options: CompactionOptions): number {
  const unsummarized = listOlderMessages(messages, options).filter((message) => !isSummary(message));
  return estimatePrompt({ messages: unsummarized });
}

/**
 * Whether a summary of the older messages helps: it brings the prompt below the threshold or back into the window, or removes a large
 * share of it.
 *
 * `tokens` excludes earlier summaries, which a new one would replace. So if the last requests alone exceed the threshold, the next
 * summary waits until enough older messages exist.
 */
export function isSummaryUseful(
  turn: TurnPlan,
  {
    contextWindow,
    threshold = 0.8,
    tokens,
    lastUseless,
  }: CompactionOptions & {
    /** The tokens of the older messages that are not summaries. */
    readonly tokens: number;
    /** The same number when a summary was last useless; 0 if none was. */
    readonly lastUseless: number;
  },
): boolean {
  if (tokens <= MIN_SUMMARIZED_TOKENS || tokens < lastUseless * 1.5) return false;
  const { estimatedInputTokens: inputTokens } = turn;
  // The server counts fewer tokens than the estimate: without the factor, the saving would be overestimated.
  const saved = tokens * Math.min(1, inputTokens / estimatePrompt({ messages: turn.messages }));
  const rest = inputTokens - saved;
  return (
    rest <= contextWindow * threshold ||
    (inputTokens > contextWindow && rest <= contextWindow) ||
    saved >= inputTokens * WORTHWHILE_SHARE
  );
}
