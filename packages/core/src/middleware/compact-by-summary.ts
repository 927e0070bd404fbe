import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { ContextLengthError } from '../model/errors.ts';
import type { Middleware, MiddlewareScope } from '../perform/middleware.ts';
import {
  COMPACTION_HINTS,
  COMPACTION_KEYS,
  type CompactionOptions,
  checkCompactionOptions,
  estimateUnsummarizedTokens,
  isOverThreshold,
  isSummaryUseful,
  listOlderMessages,
  MIN_SUMMARIZED_TOKENS,
  withCompactedMessages,
} from './compaction.ts';
import { makeSummaryMessage, replaceMessages } from './conversation-parts.ts';
import { checkContextWindow, summarize } from './summarize.ts';

export interface SummaryCompactionOptions extends CompactionOptions {
  /** Who summarises. @defaultValue the model of the turn */
  readonly model?: ChatModel;
  /** How many tokens the window of the model that summarises has, if it is another one. @defaultValue `window` */
  readonly modelContextWindow?: number;
  /** What to keep, for the model that summarises. */
  readonly instructions?: string;
}

/**
 * Puts a summary in the place of the older part of a conversation whenever the next prompt would pass a share of the model's window,
 * as the server counts it. The run goes on with that, and so does its stored conversation, so that the beginning stays the same until the
 * next time, and so does the server's cache of it.
 *
 * - System and developer messages, what the user said since the last answer, and the last requests stay as they are.
 * - What is longer than the window of the model that summarises is summarised in parts, and the summaries in one.
 * - A summary that is cut off, filtered, refused or empty is asked for once more. Without one the request goes out as it is, and the next
 *   turn tries again.
 * - If the last requests alone pass the mark, a summary is made only once a good part has come to the older ones.
 * - Each summary is told by the `edits` of a `turn.prepared`, is a durable step, and counts against the run's limits.
 * - Where a server says all the same that the prompt is too long, the older part of that request is summarised, and it is asked once more.
 *
 * @throws ConfigError for numbers that can't be.
 */
export function compactBySummary<Context = unknown>(given: SummaryCompactionOptions): Middleware<Context> {
  const options = checkOptions(given, SUMMARY_COMPACTION, 'compactBySummary');
  checkCompactionOptions('compactBySummary', options);
  checkContextWindow('compactBySummary', options.modelContextWindow);
  return {
    async prepareTurn(turn, scope) {
      if (!isOverThreshold(turn, options)) return turn;
      const { memory = {} } = turn;
      const { [MEMORY_KEY]: tried, ...rest } = memory;
      const fresh = estimateUnsummarizedTokens(turn.messages, options);
      if (!isSummaryUseful(turn, { ...options, fresh, tried: Number(tried ?? 0) })) return turn;
      const messages = await compactMessages(turn.messages, { ...options, scope, model: options.model ?? turn.model });
      if (messages === 'failed') return turn;
      if (messages === 'useless') return { ...turn, memory: { ...memory, [MEMORY_KEY]: fresh } };
      return { ...withCompactedMessages(turn, messages), ...(MEMORY_KEY in memory && { memory: rest }) };
    },
    async wrapModelCall(request, next, scope) {
      try {
        return await next(request);
      } catch (error) {
        if (!ContextLengthError.isInstance(error)) throw error;
        const messages = await compactMessages(request.messages, {
          ...options,
          scope,
          model: options.model ?? scope.model,
        });
        if (typeof messages === 'string') throw error;
        return next({ ...request, messages });
      }
    },
  };
}

const SUMMARY_COMPACTION: OptionTable<SummaryCompactionOptions> = {
  keys: { ...COMPACTION_KEYS, model: 'object', modelContextWindow: 'number', instructions: 'text' },
  hints: { ...COMPACTION_HINTS, prompt: 'The option is "instructions".' },
};

/** Under which name a turn remembers how large the older part was when its summary was of no use. */
const MEMORY_KEY = 'compactBySummary';

interface SummaryCompactionScope extends SummaryCompactionOptions {
  readonly model: ChatModel;
  readonly scope: Pick<MiddlewareScope, 'callModel' | 'signal'>;
}

/** `useless`: a summary would not be much shorter. `failed`: there is none. */
async function compactMessages(
  messages: readonly Message[],
  { model, modelContextWindow, instructions, scope, ...basics }: SummaryCompactionScope,
): Promise<readonly Message[] | 'useless' | 'failed'> {
  const gone = listOlderMessages(messages, basics);
  const size = estimatePrompt({ messages: gone });
  if (size <= MIN_SUMMARIZED_TOKENS) return 'useless';
  const contextWindow = modelContextWindow ?? basics.contextWindow;
  const text = await summarize(gone, { model, instructions, contextWindow, scope });
  if (text === undefined) return 'failed';
  const summary = makeSummaryMessage(text);
  if (estimatePrompt({ messages: [summary] }) > size * 0.8) return 'useless';
  return replaceMessages(messages, gone, [summary]);
}
