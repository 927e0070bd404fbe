import { Cancellation } from '../base/cancellation.ts';
import { measureUtf8 } from '../base/text.ts';
import { ProtocolError } from '../chat/errors.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse, Delta, Repair } from '../chat/response.ts';
import { toErrorData } from '../event/error-data.ts';
import type { FailedAttempt } from '../event/failed-attempt.ts';
import type { LimitName } from '../event/outcome.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import { BudgetExceededError, type BudgetReservation } from '../limits/budget.ts';
import { computeUsage, estimateDiscardedUsage, estimatePrompt } from '../limits/estimate.ts';
import { checkPrices } from '../limits/limits.ts';
import {
  type Attempt,
  type AttemptFailure,
  type AttemptResult,
  type AttemptsOptions,
  runAttempts,
} from '../model/attempts.ts';
import type { ChatModel, Price } from '../model/chat-model.ts';
import { NetworkError, TimeoutError } from '../model/errors.ts';
import { findHighestPrice, listModelChain } from '../model/price.ts';
import { type AttemptSpan, instrumentAttempt, type ModelCallSpan } from './instrumentation.ts';
import { checkResponse, type NextModelCallOptions } from './middleware.ts';
import { RequestContext } from './request-context.ts';
import type { ResponseEmitter } from './response-emitter.ts';
import type { Scope } from './scope.ts';

/** Numbers the attempts of a step, including those of middleware's requests. Events identify an attempt by turn and number. */
export class AttemptCounter {
  #count = 0;

  get last(): number {
    return this.#count;
  }

  increment(): number {
    this.#count++;
    return this.#count;
  }
}

export interface ModelRequestsOptions {
  readonly turn: number;
  readonly model: ChatModel;
  readonly attempts: AttemptCounter;
  /** Gets the deltas of one request at a time. Absent if no deltas are emitted. */
  readonly emitter?: ResponseEmitter;
}

/** The request that a response belongs to. */
export interface ResponseOrigin {
  /** The model that responded. */
  readonly model: ChatModel;
  /** The limit that shortened the response, if any. */
  readonly clampedByLimit: LimitName | undefined;
  /** The number of the last attempt; `undefined` if middleware made the response. */
  readonly attempt: number | undefined;
  /** Whether the emitted deltas belong to this response. */
  readonly hasEmitted: boolean;
}

/** The requests of a step to one model. Middleware may make several, even in parallel. Each has its own attempts, reservation and usage. */
export class ModelRequests {
  readonly #scope: Scope;
  readonly #options: ModelRequestsOptions;
  readonly #requests: ModelRequest[] = [];
  readonly #failed: FailedAttempt[] = [];
  /** The request whose deltas are emitted: the last one that started alone. */
  #emitted: ModelRequest | undefined;
  #callSpan: ModelCallSpan | undefined;

  constructor(scope: Scope, options: ModelRequestsOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  /** The usage of all requests, including estimates for cancelled ones. */
  get usage(): Usage {
    return this.#requests.reduce((sum, request) => addUsage(sum, request.usage), NO_USAGE);
  }

  get failedAttempts(): readonly FailedAttempt[] {
    return this.#failed;
  }

  /** Sets the model call that the following requests are part of. */
  setCallSpan(span: ModelCallSpan | undefined): void {
    this.#callSpan = span;
  }

  /** Requests a response, with all retries and within the budget. */
  send(asked: ChatRequest, onText?: NextModelCallOptions['onText']): Promise<ChatResponse> {
    const { turn, model, attempts, emitter } = this.#options;
    const isAlone = this.#requests.every(({ isSettled }) => isSettled);
    if (isAlone) emitter?.discard(); // Discards the deltas of an earlier request.
    const request = new ModelRequest(asked, {
      scope: this.#scope,
      turn,
      model,
      attempts,
      emitter: isAlone ? emitter : undefined,
      callSpan: this.#callSpan,
      failed: this.#failed,
      onText,
    });
    if (isAlone) this.#emitted = request;
    this.#requests.push(request);
    return request.send();
  }

  /** Releases the reservations. Called after the usage is charged. */
  end(): void {
    for (const request of this.#requests) request.end();
  }

  /** Finds the request of a response. A response that middleware made counts as that of the last request. */
  findOrigin(response: ChatResponse): ResponseOrigin {
    const { model, emitter } = this.#options;
    const own = this.#findRequest(response);
    const request = own ?? this.#requests.findLast(({ answer }) => answer !== undefined);
    return {
      model: request?.answer?.model ?? model,
      clampedByLimit: request?.clampedByLimit,
      attempt: own?.attempt,
      hasEmitted: own !== undefined && own === this.#emitted && emitter?.hasEmitted === true,
    };
  }

  /** Finds the request by the message: middleware may have changed other fields. */
  #findRequest({ choices: [{ message }] }: ChatResponse): ModelRequest | undefined {
    const isAnswer = (request: ModelRequest | undefined): boolean => {
      return request?.answer?.response.choices[0].message === message;
    };
    return isAnswer(this.#emitted) ? this.#emitted : this.#requests.find(isAnswer);
  }
}

interface ModelRequestOptions extends Omit<ModelRequestsOptions, 'emitter'> {
  readonly scope: Scope;
  /** The model call that the request is part of; absent if nothing instruments it. */
  readonly callSpan: ModelCallSpan | undefined;
  readonly emitter: ResponseEmitter | undefined;
  /** Gets the failed attempts. */
  readonly failed: FailedAttempt[];
  /** Gets the text so far. If it throws, the request ends with that error. */
  readonly onText: NextModelCallOptions['onText'];
}

/** An attempt that a server may be processing. */
interface AttemptUnderWay {
  readonly price: Price | undefined;
  /** How much of the response has arrived, in UTF-8 bytes. */
  receivedBytes: number;
  /** How many waits delay the attempt before it is sent. */
  holds: number;
}

/** One request with its attempts, reservation and usage. */
class ModelRequest {
  readonly #options: ModelRequestOptions;
  #request: ChatRequest;
  #attempt = 0;
  #underWay: AttemptUnderWay | undefined;
  /** The usage of attempts that have ended. */
  #usage: Usage = NO_USAGE;
  #reserved: BudgetReservation | undefined;
  #clampedByLimit: LimitName | undefined;
  /** Releases the hold on usage that is not charged yet. */
  #releaseUsed: (() => void) | undefined;
  #isSettled = false;
  #isEnded = false;
  #answered: AttemptResult | undefined;
  /** Cancels only this request; absent if nothing watches its text. */
  readonly #own: Cancellation | undefined;
  /** The text of the current attempt. */
  #text = '';
  /** The listener of instrumentation, during an attempt. */
  #onDelta: ((delta: Delta) => void) | undefined;

  constructor(request: ChatRequest, options: ModelRequestOptions) {
    this.#request = request;
    this.#options = options;
    if (options.onText !== undefined) this.#own = new Cancellation(options.scope.cancellation);
  }

  /** The usage, including an estimate for an open or cancelled attempt. */
  get usage(): Usage {
    const attempt = this.#underWay;
    const isSent = attempt !== undefined && (attempt.holds === 0 || attempt.receivedBytes > 0);
    return isSent ? addUsage(this.#usage, estimateDiscardedUsage({ request: this.#request, ...attempt })) : this.#usage;
  }

  get clampedByLimit(): LimitName | undefined {
    return this.#clampedByLimit;
  }

  get turn(): number {
    return this.#options.turn;
  }

  /** The number of the last attempt. */
  get attempt(): number {
    return this.#attempt;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get answer(): AttemptResult | undefined {
    return this.#answered;
  }

  async send(): Promise<ChatResponse> {
    const { scope, model } = this.#options;
    try {
      scope.cancellation.throwIfCancelled(); // Middleware may send after its turn has ended.
      // An estimate is needed only with a limit.
      if (scope.budget.hasRequestLimit) this.#request = await this.#reserve();
      const answer = await runAttempts(model, this.#request, {
        policy: scope.definition.retry,
        context: new RequestContext(this.#own === undefined ? scope : { ...scope, cancellation: this.#own }, this),
        random: scope.random,
        ...this.#instrumentAttempts(),
        onAttempt: (attempt) => this.#startAttempt(attempt),
        onFailure: (failure) => this.#failAttempt(failure),
      });
      const { response, model: answering } = answer;
      checkResponse(response, `Model "${answering.name}"`);
      this.#usage = addUsage(this.#usage, computeUsage(response, { request: this.#request, price: answering.price }));
      this.#underWay = undefined;
      this.#answered = answer;
      return response;
    } catch (error) {
      if (this.#own?.isCancelled === true && !scope.cancellation.isCancelled) throw this.#own.reason;
      throw error;
    } finally {
      this.#own?.detach();
      this.#isSettled = true;
      if (this.#isEnded) this.#release();
      else if (!scope.cancellation.isCancelled) this.#settle();
    }
  }

  #instrumentAttempts(): Pick<AttemptsOptions, 'instrument'> {
    const { scope, callSpan } = this.#options;
    const { instrumented } = scope;
    if (callSpan === undefined || instrumented?.instrumentation.instrumentAttempt === undefined) return {};
    const instrument: AttemptsOptions['instrument'] = (attempt, work) => {
      this.#onDelta = undefined;
      const onDelta: AttemptSpan['onDelta'] = (listener) => {
        this.#onDelta = listener;
      };
      return instrumentAttempt(instrumented, { ...attempt, call: callSpan, attempt: this.#attempt, onDelta }, work);
    };
    return { instrument };
  }

  /** Releases the reservations. Called after the usage is charged. */
  end(): void {
    this.#isEnded = true;
    this.#releaseUsed?.();
    this.#releaseUsed = undefined;
    this.#release();
  }

  receive(delta: Delta): Promise<void> | undefined {
    this.#onDelta?.(delta);
    if (this.#underWay !== undefined) this.#underWay.receivedBytes += measureUtf8(delta.delta);
    const wait = this.#options.emitter?.emit(delta);
    if (this.#own === undefined || delta.type !== 'text') return wait;
    this.#text = delta.startsAnswer === true ? delta.delta : this.#text + delta.delta;
    return this.#passText(wait);
  }

  /** Passes the text on. An error ends the request instead of its attempt, so that nothing retries it. */
  async #passText(wait: Promise<void> | undefined): Promise<void> {
    const { onText } = this.#options;
    try {
      await wait;
      await onText?.(this.#text);
    } catch (error) {
      this.#own?.cancel(error);
    }
  }

  reportRepairs(repairs: readonly Repair[]): void {
    const { scope, turn } = this.#options;
    void scope.events.emitLiveEvent({ type: 'response.repaired', turn, repairs }); // This event needs no backpressure.
  }

  /** Counts a wait that delays the attempt: nothing is sent before it ends. */
  holdFor<T>(wait: Promise<T>): Promise<T> {
    const attempt = this.#underWay;
    if (attempt === undefined) return wait;
    const { cancellation } = this.#options.scope;
    attempt.holds++;
    return wait.finally(() => {
      if (!cancellation.isCancelled) attempt.holds--; // A cancelled attempt stays unsent.
    });
  }

  async #reserve(): Promise<ChatRequest> {
    const { scope, model } = this.#options;
    const { budget, cancellation, definition } = scope;
    if (budget.hasCostLimit) checkPrices(model, definition.name);
    const request = this.#request;
    const estimate = {
      inputTokens: estimatePrompt(request),
      outputTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      price: findHighestPrice(listModelChain(model)),
    };
    const reservation = await budget.reserveWhenAvailable(estimate, cancellation);
    if (reservation.type === 'refused') throw new BudgetExceededError(reservation);
    this.#reserved = reservation;
    this.#clampedByLimit = reservation.clampedByLimit;
    if (reservation.clampedByLimit === undefined) return request;
    const { max_tokens: _, ...rest } = request;
    return { ...rest, ...(reservation.outputTokens && { max_completion_tokens: reservation.outputTokens }) };
  }

  /** Releases what the request did not use immediately: another request of the same step may wait for it. */
  #settle(): void {
    if (this.#reserved === undefined) return;
    this.#releaseUsed = this.#options.scope.budget.hold(this.usage);
    this.#release();
  }

  #release(): void {
    if (this.#reserved !== undefined) this.#options.scope.budget.release(this.#reserved);
    this.#reserved = undefined;
  }

  #startAttempt({ model, price, correction }: Attempt): void {
    const { scope, turn, attempts, emitter } = this.#options;
    const attempt = attempts.increment();
    this.#attempt = attempt;
    this.#underWay = { price, receivedBytes: 0, holds: 0 };
    emitter?.startAttempt(attempt);
    this.#text = '';
    const { events } = scope;
    if (!events.shouldEmit('attempt.started')) return;
    const added = correction === undefined ? {} : { correction };
    void events.emitLiveEvent({ type: 'attempt.started', turn, attempt, model, ...added }); // This event needs no backpressure.
  }

  #failAttempt({ model, error, retryInMs, counted }: AttemptFailure): void {
    const { scope, turn, emitter, failed } = this.#options;
    const failure = { attempt: this.#attempt, model, error: toErrorData(error) };
    const underWay = this.#underWay;
    this.#underWay = undefined;
    if (underWay !== undefined && isBilled(error, underWay)) {
      // Ignores what has arrived. An unstreamed response arrives only at its end, and the journal must not depend on streaming.
      const { price } = underWay;
      this.#usage = addUsage(this.#usage, estimateDiscardedUsage({ request: this.#request, price }));
    }
    emitter?.discard();
    if (counted) failed.push(failure);
    const retry = retryInMs === undefined ? {} : { retryInMs };
    void scope.events.emitLiveEvent({ type: 'attempt.failed', turn, ...failure, ...retry, counted }); // This event needs no backpressure.
  }
}

/** A server bills a request that it processed, but not one that it refused or never received. */
function isBilled(error: unknown, { receivedBytes }: AttemptUnderWay): boolean {
  if (receivedBytes > 0 || ProtocolError.isInstance(error)) return true;
  if (TimeoutError.isInstance(error)) return error.phase !== 'connect';
  return NetworkError.isInstance(error) && error.phase === 'response';
}
