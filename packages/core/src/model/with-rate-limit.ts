import { runUntilCancelled } from '../base/cancellation.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { ChatModel } from './chat-model.ts';
import { modelContext } from './model-context.ts';
import { atLeastOne, checkModel, wrapped } from './wrapped.ts';

export interface RateLimit {
  /** @defaultValue no end */
  readonly requestsPerMinute?: number;
  /** Of prompts and replies: estimated before a request, corrected by what the server counted. @defaultValue no end */
  readonly tokensPerMinute?: number;
}

/**
 * The same model, asked no more often than that, by all agents that share this wrapper: a request waits, in the order of
 * arrival, until there is room for it. A minute's allowance may be used at once, and comes back evenly. Who is aborted waits no longer.
 * The wait is no part of an attempt's time.
 *
 * @throws ConfigError where a limit is no whole number of 1 or more, or where there is none.
 */
export function withRateLimit(model: ChatModel, limits: RateLimit): ChatModel {
  checkModel(model, 'withRateLimit');
  const { requestsPerMinute, tokensPerMinute } = checkOptions(limits, RATE_LIMIT, 'withRateLimit');
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) {
    throw new ConfigError('withRateLimit was given no limit. Pass requestsPerMinute, tokensPerMinute, or both.');
  }
  const bucket = (field: keyof RateLimit, most: number | undefined): Bucket | undefined =>
    most === undefined ? undefined : new Bucket(atLeastOne(most, { wrapper: 'withRateLimit', field }));
  const requests = bucket('requestsPerMinute', requestsPerMinute);
  const tokens = bucket('tokensPerMinute', tokensPerMinute);
  let last: Promise<unknown> = Promise.resolve();
  return wrapped(model, async (request, context) => {
    const { clock, signal, waitFor } = modelContext(context);
    const estimate = tokens === undefined ? 0 : estimated(request);
    const entered = last.then(async () => {
      for (;;) {
        signal.throwIfAborted();
        const now = clock.now();
        const waitMs = Math.max(requests?.waitMs(1, now) ?? 0, tokens?.waitMs(estimate, now) ?? 0);
        if (waitMs <= 0) break;
        await clock.sleep(waitMs, signal);
      }
      requests?.take(1);
      tokens?.take(estimate);
    });
    last = entered.catch(() => undefined); // Who gave up holds up nobody.
    await waitFor(runUntilCancelled(signal, () => entered));
    const reply = await model.send(request, context);
    tokens?.take(usedBy(reply, estimate) - estimate);
    return reply;
  });
}

const RATE_LIMIT: OptionTable<RateLimit> = {
  keys: { requestsPerMinute: 'number', tokensPerMinute: 'number' },
  hints: { rpm: 'The option is "requestsPerMinute".', tpm: 'The option is "tokensPerMinute".' },
};

const MINUTE_MS = 60_000;

class Bucket {
  readonly #most: number;
  #level: number;
  #at: number | undefined;

  constructor(most: number) {
    this.#most = most;
    this.#level = most;
  }

  /** How long until there is room for so much; a request that is larger than the whole goes when the bucket is full. */
  waitMs(amount: number, now: number): number {
    const passedMs = Math.max(0, now - (this.#at ?? now));
    this.#at = Math.max(now, this.#at ?? now);
    this.#level = Math.min(this.#most, this.#level + (passedMs * this.#most) / MINUTE_MS);
    const missing = Math.min(amount, this.#most) - this.#level;
    return missing <= 0 ? 0 : Math.ceil((missing * MINUTE_MS) / this.#most);
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}

const CHARACTERS_A_TOKEN = 3.5;

/** Roughly: what the server counted replaces it. */
function estimated({ messages, tools, max_completion_tokens, max_tokens }: ChatRequest): number {
  const characters = JSON.stringify(messages).length + (tools === undefined ? 0 : JSON.stringify(tools).length);
  return Math.ceil(characters / CHARACTERS_A_TOKEN) + (max_completion_tokens ?? max_tokens ?? 0);
}

function usedBy({ usage }: ChatResponse, estimate: number): number {
  return usage?.total_tokens ?? estimate;
}
