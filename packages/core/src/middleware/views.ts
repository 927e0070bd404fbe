import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { View } from '../perform/scope.ts';
import { summarise, summaryMessage } from './summarise.ts';

/**
 * For a hand-off: the next agent sees the last messages, and those of the system at the beginning. Some more, where the first of them
 * would be a result without its call.
 *
 * @throws ConfigError for a number that is none.
 */
export function lastMessages(count: number): View {
  if (!Number.isInteger(count) || count < 1) {
    throw new ConfigError(`lastMessages: count is ${count}. Pass a whole number of 1 or more.`);
  }
  return (messages) => {
    const head = headOf(messages);
    let start = Math.max(head, messages.length - count);
    while (messages[start]?.role === 'tool') start--;
    return [...messages.slice(0, head), ...messages.slice(start)];
  };
}

export interface SummaryOptions {
  /** Who summarises. @defaultValue the model of the agent that hands over */
  readonly model?: ChatModel;
  /** What to keep, for the model that summarises. */
  readonly instructions?: string;
}

/** For a hand-off: the next agent sees a summary, the user's last message and what came of it. */
export function summary(options: SummaryOptions = {}): View {
  const { model, instructions } = checkOptions(options, SUMMARY, 'summary');
  return async (messages, scope) => {
    const head = headOf(messages);
    const last = messages.findLastIndex(({ role }) => role === 'user');
    const earlier = messages.slice(head, last);
    if (earlier.length === 0) return messages;
    const text = await summarise(earlier, { model: model ?? scope.model, instructions, ask: scope.ask });
    return [...messages.slice(0, head), summaryMessage(text), ...messages.slice(last)];
  };
}

const SUMMARY: OptionTable<SummaryOptions> = {
  keys: { model: 'object', instructions: 'text' },
  hints: { prompt: 'The option is "instructions".' },
};

/** How many messages of the system stand at the beginning. */
export function headOf(messages: readonly Message[]): number {
  const first = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  return first === -1 ? messages.length : first;
}
