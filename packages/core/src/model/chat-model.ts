import type { Clock } from '../base/clock.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse, Delta, Repair } from '../chat/response.ts';

/** What a model call is told about its surroundings, and may tell. Everything has a default for use outside a run. */
export interface ModelContext {
  /** Aborted when the answer is no longer wanted: stop at once and release everything. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly runId: string;
  /** Where in a tree of runs: `''` for the run itself. */
  readonly path: string;
  /** The W3C trace context header to pass on, where the caller has one. */
  readonly traceparent: string | undefined;
  /** Told for each piece as it arrives. A promise means: the reader is behind, read on when it resolves. */
  onDelta(delta: Delta): Promise<void> | undefined;
  /** Told once a reply, where anything had to be mended. */
  onRepaired(mends: readonly Repair[]): void;
  /** Waits without its time being a part of the attempt's: for a wrapper that holds a request back. */
  waitFor<T>(wait: Promise<T>): Promise<T>;
}

/** In US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** @defaultValue the price of `input` */
  readonly cachedInput?: number;
}

/**
 * Whatever answers a `ChatRequest`. `openai()` makes one over HTTP; a hand-written one is an object with `name` and `send`.
 *
 * `send` makes exactly one attempt: retries are the loop's. It rejects with a `ModelError`; any other error counts as
 * one that trying again cannot help.
 */
export interface ChatModel {
  readonly name: string;
  /** Needed for `limits.cost`. */
  readonly price?: Price;
  /** Asked when this one's retries are spent. Set by `withFallback`. */
  readonly fallback?: ChatModel;
  /**
   * For `withCache`: tells a hand-written model from every other one of its name that would answer differently, in all processes that
   * share a store. A wrapper that changes requests has to change it, too.
   *
   * @defaultValue one for each object, so that nothing is shared
   */
  readonly cacheKey?: string;
  send(request: ChatRequest, context?: Partial<ModelContext>): Promise<ChatResponse>;
}
