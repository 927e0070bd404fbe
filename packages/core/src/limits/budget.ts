import { type CancellationSource, runUntilCancelled } from '../base/cancellation.ts';
import type { LimitName } from '../event/outcome.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { Price } from '../model/chat-model.ts';
import type { ResolvedLimits } from './limits.ts';

export interface Estimate {
  readonly inputTokens: number;
  /** The output limit of the request, if it has one. */
  readonly outputTokens: number | undefined;
  readonly price: Price | undefined;
}

export type Reservation =
  | {
      readonly type: 'reserved';
      readonly tokens: number;
      readonly cost: number;
      /** The maximum output of the response; 0 if neither the request nor a limit bounds it. */
      readonly outputTokens: number | undefined;
      /** The limit that reduced `outputTokens`. */
      readonly clampedByLimit: LimitName | undefined;
      /** The reservation in the outer budget. */
      readonly outer?: BudgetReservation;
    }
  | { readonly type: 'refused'; readonly limit: LimitName; readonly max: number; readonly spent: number };

export interface ExceededCallLimit {
  readonly max: number;
  readonly spent: number;
}

/** The budget has no room for a request. Thrown inside the loop only: the caller gets a `limited` outcome. */
export class BudgetExceededError extends Error {
  override readonly name = 'BudgetExceededError';
  readonly refusal: Extract<Reservation, { type: 'refused' }>;

  constructor(refusal: Extract<Reservation, { type: 'refused' }>) {
    super(`The ${refusal.limit} limit is reached.`);
    this.refusal = refusal;
  }
}

type ReservedAmount = Pick<BudgetReservation, 'tokens' | 'cost' | 'outer'>;

export type BudgetReservation = Extract<Reservation, { type: 'reserved' }>;

/**
 * The budget of a run, shared by everything in it. No request or tool call starts that could exceed a limit.
 *
 * A nested run has limits of its own, and counts against the budget of its outer run as well.
 */
export class Budget {
  readonly #limits: ResolvedLimits;
  readonly #outer: Budget | undefined;
  #spent: Usage = NO_USAGE;
  #reservedTokens = 0;
  #reservationCount = 0;
  /** Callbacks of requests that wait for a release. Kept in the outermost budget, which sees all releases. */
  #waiters: readonly (() => void)[] = NO_WAITERS;
  #reservedCost = 0;
  /** Requests that have ended and are not charged yet. */
  #heldRequests = 0;
  #endedCalls = 0;
  #activeCalls = 0;

  constructor(limits: ResolvedLimits, outer?: Budget) {
    this.#limits = limits;
    this.#outer = outer;
  }

  /** Whether a request needs a reservation before it is sent. */
  get hasRequestLimit(): boolean {
    const { requests, tokens, cost } = this.#limits;
    return [requests, tokens, cost].some(Number.isFinite) || this.#outer?.hasRequestLimit === true;
  }

  /** Whether a request with an unknown end, such as one in a process that died, must be charged. */
  get hasCostLimit(): boolean {
    return Number.isFinite(this.#limits.cost) || this.#outer?.hasCostLimit === true;
  }

  /** What requests and calls under way may use at most. */
  get reserved(): Readonly<Record<'requests' | 'tokens' | 'cost' | 'toolCalls', number>> {
    return {
      requests: this.#reservationCount + this.#heldRequests,
      tokens: this.#reservedTokens,
      cost: this.#reservedCost,
      toolCalls: this.#activeCalls,
    };
  }

  /** Counts usage of this attempt at the run or an earlier one. */
  charge(usage: Usage): void {
    this.#spent = addUsage(this.#spent, usage);
    this.#outer?.charge(usage);
  }

  chargeCall(): void {
    this.#endedCalls++;
    this.#outer?.chargeCall();
  }

  /** Counts a tool call that begins. Returns a function that ends it. */
  beginCall(): () => void {
    const endOuterCall = this.#outer?.beginCall();
    this.#activeCalls++;
    return () => {
      this.#activeCalls--;
      endOuterCall?.();
    };
  }

  /** The limit of this run, or of an outer one, that has no room for another tool call. */
  get exceededCallLimit(): ExceededCallLimit | undefined {
    const { toolCalls: max } = this.#limits;
    const spent = this.#endedCalls + this.#activeCalls;
    return spent < max ? this.#outer?.exceededCallLimit : { max, spent };
  }

  /**
   * Reserves the most that a request may use. While other requests hold the missing amount, it waits, because they may use
   * less than they reserved. Only spent amounts refuse or reduce a reservation.
   */
  async reserveWhenAvailable(estimate: Estimate, signal: CancellationSource): Promise<Reservation> {
    for (;;) {
      const canGrow = this.#hasReservations;
      const reservation = this.reserve(estimate);
      if (!canGrow || (reservation.type === 'reserved' && reservation.clampedByLimit === undefined)) return reservation;
      if (reservation.type === 'reserved') this.#returnAmount(reservation);
      await this.#waitForRelease(signal);
    }
  }

  /** Reserves the most that a request may use, from what is free now. */
  reserve(estimate: Estimate): Reservation {
    const own = this.#reserveHere(estimate);
    if (own.type === 'refused' || this.#outer === undefined) return own;
    const outputTokens = own.clampedByLimit === undefined ? estimate.outputTokens : own.outputTokens;
    const outer = this.#outer.reserve({ ...estimate, outputTokens });
    if (outer.type === 'refused') {
      this.#returnAmount(own);
      return outer;
    }
    if (outer.clampedByLimit === undefined) return { ...own, outer };
    return { ...own, outputTokens: outer.outputTokens, clampedByLimit: outer.clampedByLimit, outer };
  }

  #reserveHere({ inputTokens, outputTokens, price }: Estimate): Reservation {
    const { requests, tokens, cost } = this.#limits;
    if (this.#spent.requests + this.#heldRequests + this.#reservationCount >= requests)
      return this.#refuse('requests', this.#spent.requests);
    const freeTokens = tokens - this.#spent.totalTokens - this.#reservedTokens;
    if (freeTokens <= inputTokens) return this.#refuse('tokens', this.#spent.totalTokens);
    const freeCost = cost - this.#spent.cost - this.#reservedCost;
    const inputCost = computeCost({ inputTokens, cachedInputTokens: 0, outputTokens: 0 }, price);
    if (Number.isFinite(cost) && freeCost <= inputCost) return this.#refuse('cost', this.#spent.cost);

    const maxByTokens = freeTokens - inputTokens;
    const maxByCost =
      price === undefined || !Number.isFinite(cost) ? Infinity : computeAffordableTokens(freeCost - inputCost, price);
    const maxOutput = Math.floor(Math.min(maxByTokens, maxByCost));
    if (maxOutput < 1 && maxByCost < maxByTokens) return this.#refuse('cost', this.#spent.cost);
    if (maxOutput < 1) return this.#refuse('tokens', this.#spent.totalTokens);
    const isClamped = maxOutput < (outputTokens ?? Number.POSITIVE_INFINITY);
    const reservedOutput = isClamped ? maxOutput : (outputTokens ?? 0);
    const reservation = {
      type: 'reserved' as const,
      tokens: inputTokens + reservedOutput,
      cost: computeCost({ inputTokens, cachedInputTokens: 0, outputTokens: reservedOutput }, price),
      outputTokens: reservedOutput,
      clampedByLimit: isClamped ? (maxByTokens <= maxByCost ? ('tokens' as const) : ('cost' as const)) : undefined,
    };
    this.#reservedTokens += reservation.tokens;
    this.#reservedCost += reservation.cost;
    this.#reservationCount++;
    return reservation;
  }

  /** Returns a reservation. The journal event of the request charges what it used. */
  release(reservation: ReservedAmount): void {
    this.#returnAmount(reservation);
    const outermost = this.#outermost;
    const waiters = outermost.#waiters;
    outermost.#waiters = NO_WAITERS;
    for (const wake of waiters) wake();
  }

  /** Reserves usage that is not charged yet. Returns a function that releases it. */
  hold(used: Usage): () => void {
    const { requests, totalTokens, cost } = used;
    const releaseOuter = this.#outer?.hold(used);
    this.#reservedTokens += totalTokens;
    this.#reservedCost += cost;
    this.#heldRequests += requests;
    return () => {
      this.#heldRequests -= requests;
      this.#reservedTokens -= totalTokens;
      this.#reservedCost -= cost;
      releaseOuter?.();
    };
  }

  #returnAmount({ tokens, cost, outer }: ReservedAmount): void {
    this.#reservedTokens -= tokens;
    this.#reservedCost -= cost;
    this.#reservationCount--;
    if (outer !== undefined && this.#outer !== undefined) this.#outer.#returnAmount(outer);
  }

  get #hasReservations(): boolean {
    if (this.#reservationCount > 0) return true;
    return this.#outer === undefined ? false : this.#outer.#hasReservations;
  }

  get #outermost(): Budget {
    return this.#outer === undefined ? this : this.#outer.#outermost;
  }

  #waitForRelease(signal: CancellationSource): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const outermost = this.#outermost;
    outermost.#waiters = [...outermost.#waiters, resolve];
    return runUntilCancelled(signal, () => promise);
  }

  #refuse(limit: 'requests' | 'tokens' | 'cost', spent: number): Reservation {
    return { type: 'refused', limit, max: this.#limits[limit], spent };
  }
}

const NO_WAITERS: readonly (() => void)[] = [];

/** Computes a cost in US dollars. Without a price, it is 0. */
export function computeCost(
  usage: Pick<Usage, 'inputTokens' | 'cachedInputTokens' | 'outputTokens'>,
  price: Price | undefined,
): number {
  if (price === undefined) return 0;
  const { input, output, cachedInput = input } = price;
  const uncached = Math.max(0, usage.inputTokens - usage.cachedInputTokens);
  return (uncached * input + usage.cachedInputTokens * cachedInput + usage.outputTokens * output) / 1_000_000;
}

/** Computes how many output tokens a cost above 0 pays for. `Infinity` if output is free. */
function computeAffordableTokens(cost: number, { output }: Price): number {
  return (cost * 1_000_000) / output;
}
