import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import type { TurnPlan } from '../perform/middleware.ts';
import { headOf } from './views.ts';

/** When a conversation is made smaller, and what of it stays. */
export interface CompactionBasics {
  /** How many tokens the model's window has. */
  readonly window: number;
  /** The share of it above which the conversation is made smaller. @defaultValue 0.8 */
  readonly above?: number;
  /** How many of the last requests stay as they are, with their calls and results. @defaultValue 4 */
  readonly keepTurns?: number;
}

export const COMPACTION_BASICS: OptionTable<CompactionBasics>['keys'] = {
  window: 'number',
  above: 'number',
  keepTurns: 'number',
};

const WINDOW = 'The option is "window", in tokens.';
const ABOVE = 'The option is "above", a share of the window.';

export const COMPACTION_HINTS: Readonly<Record<string, string>> = {
  contextWindow: WINDOW,
  maxTokens: WINDOW,
  threshold: ABOVE,
  ratio: ABOVE,
};

/** @throws ConfigError for numbers that can't be. */
export function checkCompaction(kind: string, { window, above = 0.8, keepTurns = 4 }: CompactionBasics): void {
  const claims: readonly (readonly [boolean, string])[] = [
    [Number.isFinite(window) && window > 0, `window is ${window}. Pass the tokens of the model's window.`],
    [above > 0 && above <= 1, `above is ${above}. Pass a share of the window, from 0 to 1.`],
    [Number.isInteger(keepTurns) && keepTurns >= 1, `keepTurns is ${keepTurns}. Pass a whole number of 1 or more.`],
  ];
  for (const [holds, problem] of claims) if (!holds) throw new ConfigError(`${kind}: ${problem}`);
}

export function isFull({ promptTokens }: TurnPlan, { window, above = 0.8 }: CompactionBasics): boolean {
  return promptTokens > window * above;
}

/** The plan of a turn whose conversation was made smaller for good. */
export function withSmaller(turn: TurnPlan, messages: readonly Message[]): TurnPlan {
  const saved = estimatePrompt({ messages: turn.messages }) - estimatePrompt({ messages });
  return { ...turn, messages, keepsMessages: true, promptTokens: turn.promptTokens - saved };
}

/** The part of a conversation that may be made smaller: from the first message after the system's to before the last requests. */
export interface Older {
  readonly from: number;
  readonly to: number;
}

/** Whole requests only: a call stays with its results, and a question with the answer to it. */
export function olderOf(messages: readonly Message[], { keepTurns = 4 }: CompactionBasics): Older {
  const from = headOf(messages);
  let to = messages.length;
  for (let left = keepTurns; left > 0 && to > from; left--) {
    to = messages.slice(0, to).findLastIndex(({ role }) => role === 'assistant');
  }
  while (to > from && messages[to - 1]?.role === 'user') to--;
  return { from, to: Math.max(from, to) };
}
