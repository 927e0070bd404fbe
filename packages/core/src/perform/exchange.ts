import { ProtocolError } from '../chat/errors.ts';
import { textOf } from '../chat/message.ts';
import type { ChatReply, Delta, Mend } from '../chat/reply.ts';
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
import { TimeoutError } from '../model/errors.ts';
import { chainOf, highestPrice } from '../model/price.ts';
import { checkReply } from './check-reply.ts';
import { PartialOutput } from './partial-output.ts';
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

/** One turn's talk with the model: its attempts, what they are told as, and what they use. */
export class Exchange {
  readonly #scope: Scope;
  readonly #turn: number;
  readonly #model: ChatModel;
  readonly #failed: FailedAttempt[] = [];
  #attempt = 0;
  /** Whether pieces of the present attempt were told. */
  #hasTold = false;
  /** Of the pieces that count. */
  #partial: PartialOutput | undefined;
  #usage: Usage = NO_USAGE;
  #reserved: Reserved | undefined;
  #clampedBy: LimitName | undefined;
  /** Puts back what was used and is not charged yet. */
  #putBack: (() => void) | undefined;
  /** What is asked now. */
  #asked: ChatRequest | undefined;
  /** Of the model that is asked now: one behind the first may have another. */
  #price: Price | undefined;
  /** What the model said, before middleware made anything of it. */
  #said: ChatReply | undefined;

  constructor(scope: Scope, { turn, model }: { readonly turn: number; readonly model: ChatModel }) {
    this.#scope = scope;
    this.#turn = turn;
    this.#model = model;
    this.modelName = model.name;
    this.#price = model.price;
  }

  /** Who answered in the end. */
  modelName: string;

  /** With what a request may have used that is given up. */
  get usage(): Usage {
    if (this.#asked === undefined) return this.#usage;
    return addUsage(this.#usage, discardedUsage({ request: this.#asked, price: this.#price }));
  }

  get failedAttempts(): readonly FailedAttempt[] {
    return this.#failed;
  }

  get clampedBy(): LimitName | undefined {
    return this.#clampedBy;
  }

  /** Asks, with all retries, and within the budget. What middleware wraps. */
  async call(asked: ChatRequest): Promise<ChatReply> {
    this.tellDiscarded(); // Of an earlier request, where middleware asks once more.
    const request = this.#scope.budget.isCapped ? await this.#reserve(asked) : asked; // Without a cap there is nothing to estimate.
    this.#asked = request;
    const { reply, model } = await this.#attempts(request);
    checkReply(reply, `Model "${model.name}"`);
    this.#asked = undefined;
    this.#said = reply;
    this.modelName = model.name;
    this.#usage = addUsage(this.#usage, usageOf(reply, { request, price: model.price }));
    this.#settle();
    return reply;
  }

  #attempts(request: ChatRequest): Promise<Answered> {
    const { definition, random, signal } = this.#scope;
    const before = this.#attempt;
    const asked = attempts(this.#model, request, {
      policy: definition.retry,
      context: this.#context(),
      random,
      onAttempt: (told) => this.#onAttempt(told, before + told.attempt),
      onFailed: (failure) => this.#onFailed({ ...failure, attempt: before + failure.attempt }, request),
    });
    return asked.catch((error: unknown) => {
      if (signal.aborted) throw error;
      this.#asked = undefined; // What its attempts used is counted.
      this.#settle();
      throw error;
    });
  }

  /** Gives back what was set aside. Called when what was used is charged. */
  end(): void {
    this.#putBack?.();
    this.#putBack = undefined;
    this.#release();
  }

  /** Gives back what a request did not use, at once: what middleware asks beside it may wait for that, in the same step. */
  #settle(): void {
    if (this.#reserved === undefined) return;
    this.#putBack?.();
    this.#putBack = this.#scope.budget.hold(this.#usage);
    this.#release();
  }

  #release(): void {
    if (this.#reserved !== undefined) this.#scope.budget.release(this.#reserved);
    this.#reserved = undefined;
  }

  /**
   * Tells a text that no piece was told of: a model may answer without telling pieces, and middleware may have put another reply in
   * the place of the model's.
   */
  tellWhole(reply: ChatReply): void {
    if (reply !== this.#said) this.tellDiscarded();
    const text = textOf(reply.choices[0].message);
    if (!this.#hasTold && text !== '') void this.#onDelta({ type: 'text', delta: text }); // Nothing to wait with.
  }

  tellMended(mends: readonly Mend[]): void {
    void this.#scope.tell.notice({ type: 'wire.mended', turn: this.#turn, mends }); // Nothing to wait with.
  }

  /** Voids the pieces that were told. */
  tellDiscarded(): void {
    if (!this.#hasTold) return;
    this.#hasTold = false;
    this.#partial = this.#newPartial();
    void this.#scope.tell.notice({ type: 'model.discarded', turn: this.#turn, attempt: this.#attempt }); // As above.
  }

  async #reserve(request: ChatRequest): Promise<ChatRequest> {
    const { budget, signal } = this.#scope;
    if (budget.isPaid) checkPrices(this.#model, this.#scope.definition.name);
    this.#settle(); // Middleware may ask more than once.
    const estimate = {
      promptTokens: estimatePrompt(request),
      completionTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      price: highestPrice(chainOf(this.#model)),
    };
    const reservation = await budget.reserveInTurn(estimate, signal);
    if (reservation.type === 'refused') throw new RequestRefused(reservation);
    this.#reserved = reservation;
    this.#clampedBy = reservation.clampedBy;
    if (reservation.clampedBy === undefined) return request;
    const { max_tokens: _, ...rest } = request;
    return { ...rest, ...(reservation.completionTokens && { max_completion_tokens: reservation.completionTokens }) };
  }

  #context(): Partial<ModelContext> {
    const { signal, memo, clock, runId, path, traceparent } = this.#scope;
    return {
      signal,
      memo,
      clock,
      runId,
      path,
      traceparent,
      onDelta: (delta) => this.#onDelta(delta),
      onMended: (mends) => this.tellMended(mends),
      waitFor: (wait) => wait,
    };
  }

  #onAttempt({ model, price }: Attempt, attempt: number): void {
    this.#attempt = attempt;
    this.#price = price;
    this.#hasTold = false;
    this.#partial = this.#newPartial();
    const { tell } = this.#scope;
    if (tell.wants('attempt.started')) void tell.notice({ type: 'attempt.started', turn: this.#turn, attempt, model }); // Nothing to wait with.
  }

  #newPartial(): PartialOutput | undefined {
    const { output } = this.#scope.definition;
    return output && new PartialOutput(output.unwrap);
  }

  #onFailed({ attempt, model, error, retryInMs, counted }: AttemptFailure, request: ChatRequest): void {
    const told = toErrorData(error);
    const turn = this.#turn;
    // A server that was at work on its answer counts it; one that refused the request does not.
    if (this.#hasTold || TimeoutError.isInstance(error) || ProtocolError.isInstance(error)) {
      this.#usage = addUsage(this.#usage, discardedUsage({ request, price: this.#price }));
    }
    this.tellDiscarded();
    if (counted) this.#failed.push({ attempt, model, error: told });
    const retry = retryInMs === undefined ? {} : { retryInMs };
    void this.#scope.tell.notice({ type: 'attempt.failed', turn, attempt, model, error: told, ...retry, counted });
  }

  #onDelta(delta: Delta): Promise<void> | undefined {
    this.#hasTold = true;
    const partial = delta.type === 'text' ? this.#tellPartial(delta.delta) : undefined;
    return this.#tellDelta(delta) ?? partial;
  }

  #tellPartial(delta: string): Promise<void> | undefined {
    const { tell } = this.#scope;
    if (this.#partial === undefined || !tell.wants('output.partial')) return undefined;
    const partial = this.#partial.push(delta);
    if (partial === undefined) return undefined;
    return tell.notice({ type: 'output.partial', turn: this.#turn, attempt: this.#attempt, partial });
  }

  #tellDelta(delta: Delta): Promise<void> | undefined {
    const { tell } = this.#scope;
    const type = delta.type === 'call' ? 'model.call' : (`model.${delta.type}` as const);
    if (!tell.wants(type)) return undefined;
    const position = { turn: this.#turn, attempt: this.#attempt };
    if (delta.type !== 'call') return tell.notice({ type: `model.${delta.type}`, ...position, delta: delta.delta });
    return tell.notice({ type: 'model.call', ...position, index: delta.index, name: delta.name, delta: delta.delta });
  }
}
