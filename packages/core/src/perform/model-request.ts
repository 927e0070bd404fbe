import { utf8Length } from '../base/text.ts';
import { ProtocolError } from '../chat/errors.ts';
import type { ChatReply, Delta } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
import { toErrorData } from '../event/error-data.ts';
import type { FailedAttempt } from '../event/failed-attempt.ts';
import type { LimitName } from '../event/outcome.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { Reservation } from '../limits/budget.ts';
import { discardedUsage, estimatePrompt, usageOf } from '../limits/estimate.ts';
import { checkPrices } from '../limits/limits.ts';
import { type Answered, type Attempt, type AttemptFailure, attempts } from '../model/attempts.ts';
import type { ChatModel, ModelContext, Price } from '../model/chat-model.ts';
import { NetworkError, TimeoutError } from '../model/errors.ts';
import { chainOf, highestPrice } from '../model/price.ts';
import { checkReply } from './check-reply.ts';
import type { DeltaEmitter } from './delta-emitter.ts';
import type { Scope } from './scope.ts';

type Refusal = Extract<Reservation, { type: 'refused' }>;
type Reserved = Extract<Reservation, { type: 'reserved' }>;

/** The budget has no room for the request. Inside the loop only: outside, the outcome says it. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`The ${refusal.limit} limit is reached.`);
    this.refusal = refusal;
  }
}

/** What a request needs of the exchange that it is a part of. */
export interface ModelRequestOptions {
  readonly scope: Scope;
  readonly turn: number;
  readonly model: ChatModel;
  /** Gives the number of the next attempt, unique in the turn. */
  readonly nextAttempt: () => number;
  /** Absent where the pieces of another request are emitted. */
  readonly emitter: DeltaEmitter | undefined;
  readonly onFailedAttempt: (failed: FailedAttempt) => void;
}

/** An attempt that a server may be at work on. */
interface AttemptUnderWay {
  readonly price: Price | undefined;
  /** What has arrived of the response, in bytes of UTF-8. */
  receivedBytes: number;
  /** How many waits hold it back, before anything is sent. */
  holds: number;
}

/** One request to a model: its attempts, its reservation and its usage. A turn may have several under way. */
export class ModelRequest {
  readonly #options: ModelRequestOptions;
  #request: ChatRequest;
  #attempt = 0;
  #underWay: AttemptUnderWay | undefined;
  /** Of the attempts that have ended. */
  #usage: Usage = NO_USAGE;
  #reserved: Reserved | undefined;
  #clampedBy: LimitName | undefined;
  /** Releases what was used and is not charged yet. */
  #releaseUsed: (() => void) | undefined;
  #isSettled = false;
  #isEnded = false;
  #answer: Answered | undefined;

  constructor(request: ChatRequest, options: ModelRequestOptions) {
    this.#request = request;
    this.#options = options;
  }

  /** What was used, including what an attempt may have used that is under way, or was given up. */
  get usage(): Usage {
    const attempt = this.#underWay;
    const isSent = attempt !== undefined && (attempt.holds === 0 || attempt.receivedBytes > 0);
    return isSent ? addUsage(this.#usage, discardedUsage({ request: this.#request, ...attempt })) : this.#usage;
  }

  /** The limit that shortened the room of the response, where one did. */
  get clampedBy(): LimitName | undefined {
    return this.#clampedBy;
  }

  /** The number of its last attempt. */
  get attempt(): number {
    return this.#attempt;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get answer(): Answered | undefined {
    return this.#answer;
  }

  /** Asks, with all retries, and within the budget. */
  async send(): Promise<ChatReply> {
    const { scope } = this.#options;
    try {
      scope.signal.throwIfAborted(); // Middleware may ask when its turn is over.
      // Without a cap there is nothing to estimate.
      if (scope.budget.isCapped) this.#request = await this.#reserve();
      const answer = await this.#ask();
      const { reply, model } = answer;
      checkReply(reply, `Model "${model.name}"`);
      this.#usage = addUsage(this.#usage, usageOf(reply, { request: this.#request, price: model.price }));
      this.#underWay = undefined;
      this.#answer = answer;
      return reply;
    } finally {
      this.#isSettled = true;
      if (this.#isEnded) this.#release();
      else if (!scope.signal.aborted) this.#settle();
    }
  }

  /** Releases what was reserved. Called when what was used is charged. */
  end(): void {
    this.#isEnded = true;
    this.#releaseUsed?.();
    this.#releaseUsed = undefined;
    this.#release();
  }

  async #reserve(): Promise<ChatRequest> {
    const { scope, model } = this.#options;
    const { budget, signal, definition } = scope;
    if (budget.isPaid) checkPrices(model, definition.name);
    const request = this.#request;
    const estimate = {
      promptTokens: estimatePrompt(request),
      completionTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      price: highestPrice(chainOf(model)),
    };
    const reservation = await budget.reserveInTurn(estimate, signal);
    if (reservation.type === 'refused') throw new RequestRefused(reservation);
    this.#reserved = reservation;
    this.#clampedBy = reservation.clampedBy;
    if (reservation.clampedBy === undefined) return request;
    const { max_tokens: _, ...rest } = request;
    return { ...rest, ...(reservation.completionTokens && { max_completion_tokens: reservation.completionTokens }) };
  }

  #ask(): Promise<Answered> {
    const { scope, model } = this.#options;
    return attempts(model, this.#request, {
      policy: scope.definition.retry,
      context: this.#context(),
      random: scope.random,
      onAttempt: (attempt) => this.#onAttempt(attempt),
      onFailed: (failure) => this.#onFailed(failure),
    });
  }

  #context(): Partial<ModelContext> {
    const { scope, turn } = this.#options;
    const { signal, memo, clock, runId, path, traceparent, tell } = scope;
    return {
      signal,
      memo,
      clock,
      runId,
      path,
      traceparent,
      onDelta: (delta) => this.#onDelta(delta),
      onMended: (mends) => void tell.notice({ type: 'wire.mended', turn, mends }), // Nothing to wait with.
      waitFor: (wait) => this.#hold(wait),
    };
  }

  /** Gives back what the request did not use, at once: another request of the same step may wait for it. */
  #settle(): void {
    if (this.#reserved === undefined) return;
    this.#releaseUsed = this.#options.scope.budget.hold(this.usage);
    this.#release();
  }

  #release(): void {
    if (this.#reserved !== undefined) this.#options.scope.budget.release(this.#reserved);
    this.#reserved = undefined;
  }

  #onAttempt({ model, price, correction }: Attempt): void {
    const { scope, turn, nextAttempt, emitter } = this.#options;
    const attempt = nextAttempt();
    this.#attempt = attempt;
    this.#underWay = { price, receivedBytes: 0, holds: 0 };
    emitter?.startAttempt(attempt);
    const { tell } = scope;
    if (!tell.wants('attempt.started')) return;
    const added = correction === undefined ? {} : { correction };
    void tell.notice({ type: 'attempt.started', turn, attempt, model, ...added }); // Nothing to wait with.
  }

  #onDelta(delta: Delta): Promise<void> | undefined {
    if (this.#underWay !== undefined) this.#underWay.receivedBytes += utf8Length(delta.delta);
    return this.#options.emitter?.emit(delta);
  }

  #hold<T>(wait: Promise<T>): Promise<T> {
    const attempt = this.#underWay;
    if (attempt === undefined) return wait;
    attempt.holds++;
    return wait.finally(() => attempt.holds--);
  }

  #onFailed({ model, error, retryInMs, counted }: AttemptFailure): void {
    const { scope, turn, emitter, onFailedAttempt } = this.#options;
    const attempt = this.#attempt;
    const failed = { attempt, model, error: toErrorData(error) };
    const underWay = this.#underWay;
    this.#underWay = undefined;
    if (underWay !== undefined && isBilled(error, underWay)) {
      // Without what has arrived: unstreamed, nothing arrives before the end, and the journal must not depend on that.
      const { price } = underWay;
      this.#usage = addUsage(this.#usage, discardedUsage({ request: this.#request, price }));
    }
    emitter?.discard();
    if (counted) onFailedAttempt(failed);
    const retry = retryInMs === undefined ? {} : { retryInMs };
    void scope.tell.notice({ type: 'attempt.failed', turn, ...failed, ...retry, counted }); // Nothing to wait with.
  }
}

/** A server bills what it was at work on. It does not bill a request that it refused, or never saw. */
function isBilled(error: unknown, { receivedBytes }: AttemptUnderWay): boolean {
  if (receivedBytes > 0 || ProtocolError.isInstance(error)) return true;
  if (TimeoutError.isInstance(error)) return error.phase !== 'connect';
  return NetworkError.isInstance(error) && error.phase === 'reply';
}
