import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import { isPartsMessage } from '../loop/calls.ts';
import type { TurnPlan } from '../perform/middleware.ts';
import { findLastUserMessages, isInstruction, isSummary } from './conversation-parts.ts';

/** When a conversation is made smaller, and what of it stays. */
export interface CompactionOptions {
  /** How many tokens the model's window has. */
  readonly contextWindow: number;
  /** The share of it above which the conversation is made smaller. @defaultValue 0.8 */
  readonly threshold?: number;
  /** How many of the last requests stay as they are, with their calls and results. @defaultValue 4 */
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

/** @throws ConfigError for numbers that can't be. */
export function checkCompactionOptions(
  kind: string,
  { contextWindow, threshold = 0.8, keepTurns = 4 }: CompactionOptions,
): void {
  const claims: readonly (readonly [boolean, string])[] = [
    [
      Number.isFinite(contextWindow) && contextWindow > 0,
      `contextWindow is ${contextWindow}. Pass the tokens of the model's window.`,
    ],
    [threshold > 0 && threshold <= 1, `threshold is ${threshold}. Pass a share of the window, from 0 to 1.`],
    [Number.isInteger(keepTurns) && keepTurns >= 1, `keepTurns is ${keepTurns}. Pass a whole number of 1 or more.`],
  ];
  for (const [holds, problem] of claims) if (!holds) throw new ConfigError(`${kind}: ${problem}`);
}

export function isOverThreshold(
  { estimatedInputTokens }: TurnPlan,
  { contextWindow, threshold = 0.8 }: CompactionOptions,
): boolean {
  return estimatedInputTokens > contextWindow * threshold;
}

/** The plan of a turn whose conversation was made smaller for good. */
export function withCompactedMessages(turn: TurnPlan, messages: readonly Message[]): TurnPlan {
  const saved = estimatePrompt({ messages: turn.messages }) - estimatePrompt({ messages });
  return { ...turn, messages, replaceHistory: true, estimatedInputTokens: turn.estimatedInputTokens - saved };
}

/**
 * The messages that may be made smaller: those before the last requests, without system and developer messages, and without what the user
 * said since the last answer. Whole requests only: a call stays with its results, and a question with the answer to it.
 */
export function listOlderMessages(
  messages: readonly Message[],
  { keepTurns = 4 }: CompactionOptions,
): readonly Message[] {
  let end = messages.length;
  for (let left = keepTurns; left > 0 && end > 0; left--) {
    end = messages.slice(0, end).findLastIndex(({ role }) => role === 'assistant');
  }
  while (end > 0 && isQuestion(messages, end - 1)) end--;
  const said = findLastUserMessages(messages);
  return messages.filter((message, index) => index < end && !said.has(index) && !isInstruction(message));
}

function isQuestion(messages: readonly Message[], index: number): boolean {
  const message = messages[index];
  if (message === undefined || isPartsMessage(messages, index)) return false;
  return message.role === 'user' || isInstruction(message);
}

/** Tokens for which no summary is worth a request. */
export const MIN_SUMMARIZED_TOKENS = 100;

/** The share of a prompt for which a summary is worth a request although the prompt stays too long. */
const WORTHWHILE_SHARE = 0.4;

/** The tokens of the older part that no summary stands for. */
export function estimateUnsummarizedTokens(messages: readonly Message[], options: CompactionOptions): number {
  const fresh = listOlderMessages(messages, options).filter((message) => !isSummary(message));
  return estimatePrompt({ messages: fresh });
}

/**
 * Whether a summary of the older part can help: it brings the prompt below the mark, or back into the window, or takes out a good part of it.
 *
 * `tried`: the tokens of the older part when a summary of it was of no use. An earlier summary does not count, since a new one would take its place. So if the last requests alone pass the mark, no summary is made
 * until a good part has come to the older ones; and that is read from the messages, which a resumed run has as well.
 */
export function isSummaryUseful(
  turn: TurnPlan,
  {
    contextWindow: window,
    threshold: above = 0.8,
    fresh,
    tried,
  }: CompactionOptions & { readonly fresh: number; readonly tried: number },
): boolean {
  if (fresh <= MIN_SUMMARIZED_TOKENS || fresh < tried * 1.5) return false;
  const { estimatedInputTokens: inputTokens } = turn;
  // The server counts other tokens than the estimate; a difference between the two would promise too much.
  const saved = fresh * Math.min(1, inputTokens / estimatePrompt({ messages: turn.messages }));
  const left = inputTokens - saved;
  return left <= window * above || (inputTokens > window && left <= window) || saved >= inputTokens * WORTHWHILE_SHARE;
}
