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
  /** The model that writes the summary. @defaultValue the model of the turn */
  readonly model?: ChatModel;
  /** The size of that model's context window, in tokens. @defaultValue `contextWindow` */
  readonly modelContextWindow?: number;
  /** Instructions for that model: what to keep. @defaultValue instructions to keep wishes, decisions, names, numbers and open tasks */
  readonly instructions?: string;
}

/**
 * Replaces the older part of a conversation by a summary when the next prompt would exceed a share of the model's context window, as
 * the server counts tokens. The run and its stored conversation continue with the summary, so the start of the prompt stays in the
 * server's cache until the next summary.
 *
 * - System and developer messages, the user's messages since the last answer, and the last requests stay unchanged.
 * - If the older part exceeds the context window of the summarizing model, it is summarized in parts, and their summaries are merged.
 * - A summary that is truncated, filtered, refused or empty is requested once more. If that fails too, the request is sent unchanged,
 *   and the next turn tries again.
 * - If the last requests alone exceed the threshold, the next summary waits until the older part is a large share of the prompt.
 * - Each summary is a durable step, counts against the run's limits, and appears in the `edits` of a `turn.prepared` event.
 * - If a server still refuses the prompt as too long, the older part of that request is summarized, and the request is repeated once.
 *
 * @throws ConfigError if a number is invalid.
 */
export function compactBySummary<Context = unknown>(compaction: SummaryCompactionOptions): Middleware<Context> {
  const options = checkOptions(compaction, SUMMARY_COMPACTION, 'compactBySummary');
  checkCompactionOptions('compactBySummary', options);
  checkContextWindow('compactBySummary', options.modelContextWindow);
  return {
    async prepareTurn(turn, scope) {
      if (!isOverThreshold(turn, options)) return turn;
      const { memory = {} } = turn;
      const { [MEMORY_KEY]: lastUseless, ...rest } = memory;
      const tokens = estimateUnsummarizedTokens(turn.messages, options);
      if (!isSummaryUseful(turn, { ...options, tokens, lastUseless: Number(lastUseless ?? 0) })) return turn;
      const messages = await compactMessages(turn.messages, { ...options, scope, model: options.model ?? turn.model });
      if (messages === 'failed') return turn;
      if (messages === 'useless') return { ...turn, memory: { ...memory, [MEMORY_KEY]: tokens } };
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

/** The key in a turn's memory for the size of the older part, in tokens, when its summary was last useless. */
const MEMORY_KEY = 'compactBySummary';

interface SummaryCompactionScope extends SummaryCompactionOptions {
  readonly model: ChatModel;
  readonly scope: Pick<MiddlewareScope, 'callModel' | 'signal'>;
}

/** Replaces the older messages by a summary. `useless`: the summary would not be much shorter. `failed`: there is no summary. */
async function compactMessages(
  messages: readonly Message[],
  { model, modelContextWindow, instructions, scope, ...basics }: SummaryCompactionScope,
): Promise<readonly Message[] | 'useless' | 'failed'> {
  const older = listOlderMessages(messages, basics);
  const size = estimatePrompt({ messages: older });
  if (size <= MIN_SUMMARIZED_TOKENS) return 'useless';
  const contextWindow = modelContextWindow ?? basics.contextWindow;
  const text = await summarize(older, { model, instructions, contextWindow, scope });
  if (text === undefined) return 'failed';
  const summary = makeSummaryMessage(text);
  if (estimatePrompt({ messages: [summary] }) > size * 0.8) return 'useless';
  return replaceMessages(messages, older, [summary]);
}
