import type { Clock } from '../base/clock.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse, Delta, Repair } from '../chat/response.ts';
import type { WireLog } from './wire-log.ts';

/** The context of a model call: what it may read, and what it reports. Each field has a default for use outside a run. */
export interface ModelContext {
  /** Aborted when the response is no longer needed. The model must then stop at once and release its resources. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly runId: string;
  /** The place in a tree of runs: `''` for the root run. */
  readonly path: string;
  /** The W3C `traceparent` header to send, if the caller has one. */
  readonly traceparent: string | undefined;
  /** The W3C `tracestate` header that belongs to it. */
  readonly tracestate: string | undefined;
  /** The turn of the run, counted from 1; 0 outside a run. */
  readonly turn: number;
  /** The attempt at the request, as in the events: counted from 1 within the turn, over all models. */
  readonly attempt: number;
  /** Gets the exact bytes of the request and the response. `undefined` if nothing logs them. */
  readonly wireLog: WireLog | undefined;
  /** Called for each delta as it arrives. If it returns a promise, the reader is behind: read no further until it resolves. */
  onDelta(delta: Delta): Promise<void> | undefined;
  /** Called once per response, if it needed repairs. */
  onRepaired(repairs: readonly Repair[]): void;
  /** Awaits a promise without using the time of the attempt. For a wrapper that holds a request back. */
  waitFor<T>(wait: Promise<T>): Promise<T>;
}

/** In US dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** @defaultValue the price of `input` */
  readonly cachedInput?: number;
}

/** The server of a model. */
export interface ModelServer {
  /** The name of the profile: `openai`, `groq`, `vllm`. */
  readonly provider: string;
  /** The hostname. */
  readonly address?: string;
  readonly port?: number;
}

/**
 * A model that responds to a `ChatRequest`. `openai()` creates one over HTTP; your own is an object with `name` and `send`.
 *
 * Contract:
 * - `send` makes one attempt. The loop retries.
 * - `send` rejects with a `ModelError`. Any other error counts as one that a retry cannot fix.
 */
export interface ChatModel {
  readonly name: string;
  /** Required for `limits.cost`. */
  readonly price?: Price;
  /** Where the model is, for spans. `openai()` sets it by its profile and `baseURL`. */
  readonly server?: ModelServer;
  /** The model that gets the request after the last retry of this one failed. Set by `withFallback`. */
  readonly fallback?: ChatModel;
  /**
   * The identity of your own model in `withCache`. Two models of one name that respond differently need different keys, in all processes that
   * share a cache. A wrapper that changes requests must change the key too.
   *
   * @defaultValue a random key per object, so that no responses are shared
   */
  readonly cacheKey?: string;
  send(request: ChatRequest, context?: Partial<ModelContext>): Promise<ChatResponse>;
}
