import { checkOptions, type OptionTable } from '../base/options.ts';
import type { Message } from '../chat/message.ts';
import { estimatePrompt } from '../limits/estimate.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { ContextLengthError } from '../model/errors.ts';
import type { Middleware, MiddlewareScope } from '../perform/middleware.ts';
import {
  COMPACTION_BASICS,
  COMPACTION_HINTS,
  type CompactionBasics,
  checkCompaction,
  isFull,
  olderOf,
  withSmaller,
} from './older.ts';
import { summarise, summaryMessage } from './summarise.ts';

export interface SummaryCompactionOptions extends CompactionBasics {
  /** Who summarises. @defaultValue the model of the turn */
  readonly model?: ChatModel;
  /** What to keep, for the model that summarises. */
  readonly instructions?: string;
}

/**
 * Puts a summary in the place of the older part of a conversation whenever the next prompt would pass a share of the model's window,
 * as the server counts it. The run goes on with that, so that the beginning stays the same until the next time, and so does the server's
 * cache of it.
 *
 * The system's messages, the user's last message and the last requests stay as they are. Each time is told by the `edits` of a
 * `turn.planned`, is a durable step, and counts against the run's limits. Where a server says all the same that the prompt is
 * too long, the older part of that request is summarised, and it is asked once more.
 *
 * @throws ConfigError for numbers that can't be.
 */
export function compactBySummary<Context = unknown>(given: SummaryCompactionOptions): Middleware<Context> {
  const options = checkOptions(given, SUMMARY_COMPACTION, 'compactBySummary');
  checkCompaction('compactBySummary', options);
  return {
    async prepareTurn(turn, scope) {
      if (!isFull(turn, options)) return turn;
      const { model = turn.model } = options;
      const messages = await compacted(turn.messages, { ...options, model, ask: scope.ask });
      return messages === undefined ? turn : withSmaller(turn, messages);
    },
    async model(request, next, scope) {
      try {
        return await next(request);
      } catch (error) {
        if (!(error instanceof ContextLengthError)) throw error;
        const { model = scope.model } = options;
        const messages = await compacted(request.messages, { ...options, model, ask: scope.ask });
        if (messages === undefined) throw error;
        return next({ ...request, messages });
      }
    },
  };
}

const SUMMARY_COMPACTION: OptionTable<SummaryCompactionOptions> = {
  keys: { ...COMPACTION_BASICS, model: 'object', instructions: 'text' },
  hints: { ...COMPACTION_HINTS, prompt: 'The option is "instructions".' },
};

interface Compacting extends SummaryCompactionOptions {
  readonly model: ChatModel;
  readonly ask: MiddlewareScope['ask'];
}

/** `undefined` where it would not be shorter. */
async function compacted(
  messages: readonly Message[],
  { model, instructions, ask, ...basics }: Compacting,
): Promise<readonly Message[] | undefined> {
  const { from, to } = olderOf(messages, basics);
  const older = messages.slice(from, to);
  const last = messages.findLast(({ role }) => role === 'user');
  const kept = last !== undefined && older.includes(last) ? [last] : [];
  const gone = older.filter((message) => !kept.includes(message));
  const size = estimatePrompt({ messages: gone });
  if (size <= LEAST) return undefined;
  const summary = summaryMessage(await summarise(gone, { model, instructions, ask }));
  if (estimatePrompt({ messages: [summary] }) >= size) return undefined;
  return [...messages.slice(0, from), summary, ...kept, ...messages.slice(to)];
}

/** Tokens for which no summary is worth a request. */
const LEAST = 100;
