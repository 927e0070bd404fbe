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
 * For a handoff: the next agent sees the last messages, what the user said since the last answer, and the system and developer messages.
 * Some more, if the first of them would be a result without its call. The conversation itself keeps every message.
 *
 * @throws ConfigError for a number that is none.
 */
export function lastMessages(count: number): HistoryFilter {
  if (!Number.isInteger(count) || count < 1) {
    throw new ConfigError(`lastMessages: count is ${count}. Pass a whole number of 1 or more.`);
  }
  return (messages) => {
    const said = findLastUserMessages(messages);
    let start = Math.max(0, messages.length - count);
    while (start > 0 && isPartOfCall(messages, start)) start--;
    return messages.filter((message, index) => index >= start || said.has(index) || isInstruction(message));
  };
}

export interface SummarizeHistoryOptions {
  /** Who summarises. @defaultValue the model of the agent that hands over */
  readonly model?: ChatModel;
  /** What to keep, for the model that summarises. */
  readonly instructions?: string;
  /**
   * How many tokens the window of the model that summarises has. What is longer is summarised in parts, and these in one.
   *
   * @defaultValue known once the server says that a request is too long
   */
  readonly modelContextWindow?: number;
}

/**
 * For a handoff: the next agent sees a summary, what the user said since the last answer, what came of it, and the system and developer
 * messages. A summary that is cut off, filtered, refused or empty is asked for once more; without one the next agent sees everything. The
 * conversation itself keeps every message.
 *
 * @throws ConfigError for an unknown option, and for a window that can't be.
 */
export function summarizeHistory(options: SummarizeHistoryOptions = {}): HistoryFilter {
  const { model, instructions, modelContextWindow } = checkOptions(options, SUMMARY, 'summary');
  checkContextWindow('summary', modelContextWindow);
  return async (messages, scope) => {
    const [said = 0] = findLastUserMessages(messages);
    const gone = messages.filter((message, index) => index < said && !isInstruction(message));
    if (gone.length === 0) return messages;
    const summarising = { model: model ?? scope.model, instructions, contextWindow: modelContextWindow, scope };
    const text = await summarize(gone, summarising);
    return text === undefined ? messages : replaceMessages(messages, gone, [makeSummaryMessage(text)]);
  };
}

const SUMMARY: OptionTable<SummarizeHistoryOptions> = {
  keys: { model: 'object', instructions: 'text', modelContextWindow: 'number' },
  hints: { prompt: 'The option is "instructions".' },
};
