import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { HistoryFilter } from '../perform/definition.ts';
import {
  findLastUserMessages,
  isInstruction,
  isPartOfCall,
  makeSummaryMessage,
  replaceMessages,
} from './conversation-parts.ts';
import { checkContextWindow, summarize } from './summarize.ts';

/**
 * A filter for a handoff: the next agent sees the last `count` messages, the user's messages since the last answer, and the system and
 * developer messages. It sees more messages if the first one would be a result without its call. The conversation itself keeps every
 * message.
 *
 * @throws ConfigError if `count` is not a whole number of 1 or more.
 */
export function lastMessages(count: number): HistoryFilter {
  if (!Number.isInteger(count) || count < 1) {
    throw new ConfigError(`lastMessages: count is ${count}. Pass a whole number of 1 or more.`);
  }
  return (messages) => {
    const userMessages = findLastUserMessages(messages);
    let start = Math.max(0, messages.length - count);
    while (start > 0 && isPartOfCall(messages, start)) start--;
    return messages.filter((message, index) => index >= start || userMessages.has(index) || isInstruction(message));
  };
}

export interface SummarizeHistoryOptions {
  /** The model that writes the summary. @defaultValue the model of the agent that hands over */
  readonly model?: ChatModel;
  /** Instructions for that model: what to keep. @defaultValue instructions to keep wishes, decisions, names, numbers and open tasks */
  readonly instructions?: string;
  /**
   * The size of that model's context window, in tokens. A longer history is summarized in parts, and their summaries are merged.
   *
   * @defaultValue no limit until the server refuses a request as too long
   */
  readonly modelContextWindow?: number;
}

/**
 * A filter for a handoff: the next agent sees a summary, the messages from the user's first message since the last answer on, and the
 * system and developer messages. A summary that is truncated, filtered, refused or empty is requested once more. If that fails too,
 * the next agent sees every message. The conversation itself keeps every message.
 *
 * @throws ConfigError if an option is unknown or the context window is invalid.
 */
export function summarizeHistory(options: SummarizeHistoryOptions = {}): HistoryFilter {
  const { model, instructions, modelContextWindow } = checkOptions(options, SUMMARIZE_HISTORY, 'summarizeHistory');
  checkContextWindow('summarizeHistory', modelContextWindow);
  return async (messages, scope) => {
    const [start = 0] = findLastUserMessages(messages);
    const older = messages.filter((message, index) => index < start && !isInstruction(message));
    if (older.length === 0) return messages;
    const text = await summarize(older, {
      model: model ?? scope.model,
      instructions,
      contextWindow: modelContextWindow,
      scope,
    });
    return text === undefined ? messages : replaceMessages(messages, older, [makeSummaryMessage(text)]);
  };
}

const SUMMARIZE_HISTORY: OptionTable<SummarizeHistoryOptions> = {
  keys: { model: 'object', instructions: 'text', modelContextWindow: 'number' },
  hints: { prompt: 'The option is "instructions".' },
};
