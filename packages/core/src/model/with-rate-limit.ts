import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { ChatModel } from './chat-model.ts';
import { completeModelContext } from './model-context.ts';
import { checkModel, checkPositiveInteger, wrapModel } from './wrap-model.ts';

export interface RateLimit {
  /** @defaultValue no limit */
  readonly requestsPerMinute?: number;
  /** Input and output tokens: estimated before a request, then replaced by the count of the server. @defaultValue no limit */
  readonly tokensPerMinute?: number;
}

/**
 * Limits the requests and tokens per minute of a model, over all agents that share the returned model. Requests wait in order.
 *
 * A minute's amount may be used at once, and is refilled evenly. An aborted request leaves the queue. The wait does not use the time of
 * the attempt.
 *
 * @throws ConfigError if a limit is not a whole number of 1 or more, or if there is no limit.
 */
export function withRateLimit(model: ChatModel, limits: RateLimit): ChatModel {
  checkModel(model, 'withRateLimit');
  const { requestsPerMinute, tokensPerMinute } = checkOptions(limits, RATE_LIMIT, 'withRateLimit');
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) {
    throw new ConfigError('withRateLimit has no limit. Pass requestsPerMinute, tokensPerMinute, or both.');
  }
  const createBucket = (field: keyof RateLimit, max: number | undefined): TokenBucket | undefined =>
    max === undefined ? undefined : new TokenBucket(checkPositiveInteger(max, { wrapper: 'withRateLimit', field }));
  const requests = createBucket('requestsPerMinute', requestsPerMinute);
  const tokens = createBucket('tokensPerMinute', tokensPerMinute);
  let last: Promise<unknown> = Promise.resolve();
  return wrapModel(model, async (request, context) => {
    const { clock, signal, waitFor } = completeModelContext(context);
    const estimate = tokens === undefined ? 0 : estimateTokens(request);
    const entered = last.then(async () => {
      for (;;) {
        signal.throwIfAborted();
        const now = clock.now();
        const waitMs = Math.max(requests?.computeWaitMs(1, now) ?? 0, tokens?.computeWaitMs(estimate, now) ?? 0);
        if (waitMs <= 0) break;
        await clock.sleep(waitMs, signal);
      }
      requests?.take(1);
      tokens?.take(estimate);
    });
    last = entered.catch(() => undefined); // An aborted request must not block the next one.
    await waitFor(runUntilCancelled(signal, () => entered));
    const response = await model.send(request, context);
    tokens?.take(countUsedTokens(response, estimate) - estimate);
    return response;
  });
}

const RATE_LIMIT: OptionTable<RateLimit> = {
  keys: { requestsPerMinute: 'number', tokensPerMinute: 'number' },
  hints: { rpm: 'The option is "requestsPerMinute".', tpm: 'The option is "tokensPerMinute".' },
};

const MINUTE_MS = 60_000;

class TokenBucket {
  readonly #capacity: number;
  #level: number;
  #updatedAt: number | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#level = capacity;
  }

  /** Computes the time until `amount` is available. An amount above the capacity waits for a full bucket. */
  computeWaitMs(amount: number, now: number): number {
    const passedMs = Math.max(0, now - (this.#updatedAt ?? now));
    this.#updatedAt = Math.max(now, this.#updatedAt ?? now);
    this.#level = Math.min(this.#capacity, this.#level + (passedMs * this.#capacity) / MINUTE_MS);
    const missing = Math.min(amount, this.#capacity) - this.#level;
    return missing <= 0 ? 0 : Math.ceil((missing * MINUTE_MS) / this.#capacity);
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}

const CHARACTERS_PER_TOKEN = 3.5;

/** A rough estimate: the count of the server replaces it. */
function estimateTokens({ messages, tools, max_completion_tokens, max_tokens }: ChatRequest): number {
  const characters = JSON.stringify(messages).length + (tools === undefined ? 0 : JSON.stringify(tools).length);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + (max_completion_tokens ?? max_tokens ?? 0);
}

function countUsedTokens({ usage }: ChatResponse, estimate: number): number {
  return usage?.total_tokens ?? estimate;
}
