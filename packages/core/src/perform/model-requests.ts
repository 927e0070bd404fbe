import { LazySignal } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
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
import { type Attempt, type AttemptFailure, type AttemptResult, runAttempts } from '../model/attempts.ts';
import type { ChatModel, ModelContext, Price } from '../model/chat-model.ts';
import { NetworkError, TimeoutError } from '../model/errors.ts';
import { findHighestPrice, listModelChain } from '../model/price.ts';
import { withMemo } from '../model/request-memo.ts';
import type { ResponseEmitter } from './response-emitter.ts';
import type { Scope } from './scope.ts';

/** Numbers the attempts of a step, those of middleware's own requests among them: an event names its attempt by turn and number. */
export class AttemptCounter {
  #count = 0;

  get last(): number {
    return this.#count;
  }

  next(): number {
    this.#count++;
    return this.#count;
  }
}

export interface ModelRequestsOptions {
  readonly turn: number;
  readonly model: ChatModel;
  readonly attempts: AttemptCounter;
  /** Gets the pieces of one request at a time. Absent if no pieces are emitted. */
  readonly emitter?: ResponseEmitter;
}

/** Where a response comes from. */
export interface ResponseOrigin {
  readonly modelName: string;
  /** The limit that shortened the room of the response, if one did. */
  readonly clampedByLimit: LimitName | undefined;
  /** The request's last attempt; `undefined` if middleware made the response. */
  readonly attempt: number | undefined;
  /** Whether the pieces that were emitted are those of this response. */
  readonly hasEmitted: boolean;
}

/** A step's requests to one model. Middleware may make several, also at once; each has its own attempts, reservation and usage. */
export class ModelRequests {
  readonly #scope: Scope;
  readonly #options: ModelRequestsOptions;
  readonly #requests: ModelRequest[] = [];
  readonly #failed: FailedAttempt[] = [];
  /** The request whose pieces are emitted: the one that starts while no other is under way. */
  #emitted: ModelRequest | undefined;

  constructor(scope: Scope, options: ModelRequestsOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  /** What all requests used, including what requests may have used that were given up. */
  get usage(): Usage {
    return this.#requests.reduce((sum, request) => addUsage(sum, request.usage), NO_USAGE);
  }

  get failedAttempts(): readonly FailedAttempt[] {
    return this.#failed;
  }

  /** Asks the model, with all retries, and within the budget. */
  send(asked: ChatRequest): Promise<ChatResponse> {
    const { turn, model, attempts, emitter } = this.#options;
    const isAlone = this.#requests.every(({ isSettled }) => isSettled);
    if (isAlone) emitter?.discard(); // Pieces of an earlier request.
    const request = new ModelRequest(asked, {
      scope: this.#scope,
      turn,
      model,
      attempts,
      emitter: isAlone ? emitter : undefined,
      failed: this.#failed,
    });
    if (isAlone) this.#emitted = request;
    this.#requests.push(request);
    return request.send();
  }

  /** Releases what was reserved. Called when what was used is charged. */
  end(): void {
    for (const request of this.#requests) request.end();
  }

  /** A response that middleware has made counts as the last request's. */
  findOrigin(reply: ChatResponse): ResponseOrigin {
    const { model, emitter } = this.#options;
    const own = this.#findRequest(reply);
    const request = own ?? this.#requests.findLast(({ answer }) => answer !== undefined);
    return {
      modelName: request?.answer?.model.name ?? model.name,
      clampedByLimit: request?.clampedByLimit,
      attempt: own?.attempt,
      hasEmitted: own !== undefined && own === this.#emitted && emitter?.hasEmitted === true,
    };
  }

  /** By its message: middleware may have changed other fields. */
  #findRequest({ choices: [{ message }] }: ChatResponse): ModelRequest | undefined {
    const isAnswer = (request: ModelRequest | undefined): boolean => {
      return request?.answer?.response.choices[0].message === message;
    };
    return isAnswer(this.#emitted) ? this.#emitted : this.#requests.find(isAnswer);
  }
}

interface ModelRequestOptions extends Omit<ModelRequestsOptions, 'emitter'> {
  readonly scope: Scope;
  readonly emitter: ResponseEmitter | undefined;
  /** Gets the attempts that failed. */
  readonly failed: FailedAttempt[];
}

/** An attempt that a server may be at work on. */
interface AttemptUnderWay {
  readonly price: Price | undefined;
  /** What has arrived of the response, in bytes of UTF-8. */
  receivedBytes: number;
  /** How many waits hold it back, before anything is sent. */
  holds: number;
}

/** One request: its attempts, its reservation and its usage. */
class ModelRequest {
  readonly #options: ModelRequestOptions;
  #request: ChatRequest;
  #attempt = 0;
  #underWay: AttemptUnderWay | undefined;
  /** Of the attempts that have ended. */
  #usage: Usage = NO_USAGE;
  #reserved: BudgetReservation | undefined;
  #clampedByLimit: LimitName | undefined;
  /** Releases what was used and is not charged yet. */
  #releaseUsed: (() => void) | undefined;
  #isSettled = false;
  #isEnded = false;
  #answer: AttemptResult | undefined;

  constructor(request: ChatRequest, options: ModelRequestOptions) {
    this.#request = request;
    this.#options = options;
  }

  /** What was used, including what an attempt may have used that is under way, or was given up. */
  get usage(): Usage {
    const attempt = this.#underWay;
    const isSent = attempt !== undefined && (attempt.holds === 0 || attempt.receivedBytes > 0);
    return isSent ? addUsage(this.#usage, estimateDiscardedUsage({ request: this.#request, ...attempt })) : this.#usage;
  }

  get clampedByLimit(): LimitName | undefined {
    return this.#clampedByLimit;
  }

  /** The number of its last attempt. */
  get attempt(): number {
    return this.#attempt;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get answer(): AttemptResult | undefined {
    return this.#answer;
  }

  async send(): Promise<ChatResponse> {
    const { scope, model } = this.#options;
    try {
      scope.cancellation.throwIfCancelled(); // Middleware may ask when its turn is over.
      // Without a cap there is nothing to estimate.
      if (scope.budget.hasTokenOrCostLimit) this.#request = await this.#reserve();
      const answer = await runAttempts(model, this.#request, {
        policy: scope.definition.retry,
        context: new RequestContext(scope, this),
        random: scope.random,
        onAttempt: (attempt) => this.#startAttempt(attempt),
        onFailure: (failure) => this.#failAttempt(failure),
      });
      const { response: reply, model: answering } = answer;
      checkResponse(reply, `Model "${answering.name}"`);
      this.#usage = addUsage(this.#usage, computeUsage(reply, { request: this.#request, price: answering.price }));
      this.#underWay = undefined;
      this.#answer = answer;
      return reply;
    } finally {
      this.#isSettled = true;
      if (this.#isEnded) this.#release();
      else if (!scope.cancellation.isCancelled) this.#settle();
    }
  }

  /** Releases what was reserved. Called when what was used is charged. */
  end(): void {
    this.#isEnded = true;
    this.#releaseUsed?.();
    this.#releaseUsed = undefined;
    this.#release();
  }

  receive(delta: Delta): Promise<void> | undefined {
    if (this.#underWay !== undefined) this.#underWay.receivedBytes += measureUtf8(delta.delta);
    return this.#options.emitter?.emit(delta);
  }

  reportRepairs(mends: readonly Repair[]): void {
    const { scope, turn } = this.#options;
    void scope.tell.notice({ type: 'response.repaired', turn, repairs: mends }); // Nothing to wait with.
  }

  /** Counts a wait that holds the attempt back: until it is over nothing is sent. */
  holdFor<T>(wait: Promise<T>): Promise<T> {
    const attempt = this.#underWay;
    if (attempt === undefined) return wait;
    const { cancellation } = this.#options.scope;
    attempt.holds++;
    return wait.finally(() => {
      if (!cancellation.isCancelled) attempt.holds--; // A cancelled attempt sends nothing any more.
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

  #startAttempt({ model, price, correction }: Attempt): void {
    const { scope, turn, attempts, emitter } = this.#options;
    const attempt = attempts.next();
    this.#attempt = attempt;
    this.#underWay = { price, receivedBytes: 0, holds: 0 };
    emitter?.startAttempt(attempt);
    const { tell } = scope;
    if (!tell.wants('attempt.started')) return;
    const added = correction === undefined ? {} : { correction };
    void tell.notice({ type: 'attempt.started', turn, attempt, model, ...added }); // Nothing to wait with.
  }

  #failAttempt({ model, error, retryInMs, counted }: AttemptFailure): void {
    const { scope, turn, emitter, failed } = this.#options;
    const failure = { attempt: this.#attempt, model, error: toErrorData(error) };
    const underWay = this.#underWay;
    this.#underWay = undefined;
    if (underWay !== undefined && isBilled(error, underWay)) {
      // Without what has arrived: unstreamed, nothing arrives before the end, and the journal must not depend on that.
      const { price } = underWay;
      this.#usage = addUsage(this.#usage, estimateDiscardedUsage({ request: this.#request, price }));
    }
    emitter?.discard();
    if (counted) failed.push(failure);
    const retry = retryInMs === undefined ? {} : { retryInMs };
    void scope.tell.notice({ type: 'attempt.failed', turn, ...failure, ...retry, counted }); // Nothing to wait with.
  }
}

/** What all attempts at a request share. Each attempt wraps it in a context of its own. */
class RequestContext extends LazySignal implements ModelContext {
  readonly clock: Clock;
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  readonly #request: ModelRequest;

  constructor({ cancellation, memo, clock, runId, path, traceparent }: Scope, request: ModelRequest) {
    super(cancellation);
    withMemo(this, memo);
    this.clock = clock;
    this.runId = runId;
    this.path = path;
    this.traceparent = traceparent;
    this.#request = request;
  }

  onDelta(delta: Delta): Promise<void> | undefined {
    return this.#request.receive(delta);
  }

  onRepaired(mends: readonly Repair[]): void {
    this.#request.reportRepairs(mends);
  }

  waitFor<T>(wait: Promise<T>): Promise<T> {
    return this.#request.holdFor(wait);
  }
}

/** A server bills what it was at work on. It does not bill a request that it refused, or never saw. */
function isBilled(error: unknown, { receivedBytes }: AttemptUnderWay): boolean {
  if (receivedBytes > 0 || ProtocolError.isInstance(error)) return true;
  if (TimeoutError.isInstance(error)) return error.phase !== 'connect';
  return NetworkError.isInstance(error) && error.phase === 'reply';
}

/** From JavaScript, a model or a middleware may give no response. @throws ConfigError */
export function checkResponse(reply: ChatResponse | undefined, by: string): void {
  if (reply?.choices?.[0]?.message !== undefined) return;
  throw new ConfigError(
    `${by} gave no reply. Return { choices: [{ message, finish_reason }] }, or what next(request) gave.`,
  );
}
