import { type CancellationSource, runUntilCancelled } from '../base/cancellation.ts';
import type { LimitName } from '../event/outcome.ts';
import { addUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { Price } from '../model/chat-model.ts';
import type { ResolvedLimits } from './limits.ts';

export interface Estimate {
  readonly inputTokens: number;
  /** The most that the reply may have, where the request says so. */
  readonly outputTokens: number | undefined;
  readonly price: Price | undefined;
}

export type Reservation =
  | {
      readonly type: 'reserved';
      readonly tokens: number;
      readonly cost: number;
      /** What the reply may have at the most; `undefined` where no cap is in sight. */
      readonly outputTokens: number | undefined;
      /** The cap that made it so. */
      readonly clampedByLimit: LimitName | undefined;
      /** What is set aside in the purse around this one. */
      readonly around?: Reserved;
    }
  | { readonly type: 'refused'; readonly limit: LimitName; readonly max: number; readonly spent: number };

export interface CallsRefused {
  readonly max: number;
  readonly spent: number;
}

/** Thrown inside the loop if the budget has no room for a request. Outside, the outcome says it. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly refusal: Extract<Reservation, { type: 'refused' }>;

  constructor(refusal: Extract<Reservation, { type: 'refused' }>) {
    super(`The ${refusal.limit} limit is reached.`);
    this.refusal = refusal;
  }
}

type Given = Pick<Reserved, 'tokens' | 'cost' | 'around'>;

export type Reserved = Extract<Reservation, { type: 'reserved' }>;

/** The purse of a run, which everything in it shares: nothing starts that could pass the caps. */
export class Budget {
  readonly #limits: ResolvedLimits;
  readonly #around: Budget | undefined;
  #spent: Usage = NO_USAGE;
  #reservedTokens = 0;
  /** How many requests have something set aside. */
  #underWay = 0;
  /** Those who wait until something is given back; in the outermost purse, which hears of everything. */
  #waiting: readonly (() => void)[] = NOBODY;
  #reservedCost = 0;
  /** Tool calls that have ended, and those that are at work. */
  #calls = 0;
  #callsAtWork = 0;

  /** A run inside a run has caps of its own, within those of the one around it. */
  constructor(limits: ResolvedLimits, around?: Budget) {
    this.#limits = limits;
    this.#around = around;
  }

  /** Whether anything has to be estimated before a request. */
  get isCapped(): boolean {
    const { tokens, cost } = this.#limits;
    return Number.isFinite(tokens) || Number.isFinite(cost) || this.#around?.isCapped === true;
  }

  /** Whether a request that nobody knows the end of has to be paid for. */
  get isPaid(): boolean {
    return Number.isFinite(this.#limits.cost) || this.#around?.isPaid === true;
  }

  /** Counts what was used, here or in an earlier attempt at the run. */
  charge(usage: Usage): void {
    this.#spent = addUsage(this.#spent, usage);
    this.#around?.charge(usage);
  }

  /** Counts a tool call that has ended. */
  chargeCall(): void {
    this.#calls++;
    this.#around?.chargeCall();
  }

  /** Counts a tool call that begins; gives the way to end it. */
  beginCall(): () => void {
    const endAround = this.#around?.beginCall();
    this.#callsAtWork++;
    return () => {
      this.#callsAtWork--;
      endAround?.();
    };
  }

  /** The cap of this run, or of one around it, that leaves no room for another call. */
  get callsRefused(): CallsRefused | undefined {
    const { toolCalls: max } = this.#limits;
    const spent = this.#calls + this.#callsAtWork;
    return spent < max ? this.#around?.callsRefused : { max, spent };
  }

  /**
   * Sets aside what a request may use at the most. Where others have set aside what it lacks it waits, since they may use less:
   * it is refused, or given less than it asked for, only by what was spent.
   */
  async reserveInTurn(estimate: Estimate, signal: CancellationSource): Promise<Reservation> {
    for (;;) {
      const mayGrow = this.#hasOthers;
      const reservation = this.reserve(estimate);
      if (!mayGrow || (reservation.type === 'reserved' && reservation.clampedByLimit === undefined)) return reservation;
      if (reservation.type === 'reserved') this.#putBack(reservation);
      await this.#givenBack(signal);
    }
  }

  /** Sets aside what a request may use at the most, of what is free now. */
  reserve(estimate: Estimate): Reservation {
    const own = this.#reserve(estimate);
    if (own.type === 'refused' || this.#around === undefined) return own;
    const outputTokens = own.clampedByLimit === undefined ? estimate.outputTokens : own.outputTokens;
    const around = this.#around.reserve({ ...estimate, outputTokens });
    if (around.type === 'refused') {
      this.#putBack(own);
      return around;
    }
    if (around.clampedByLimit === undefined) return { ...own, around };
    return { ...own, outputTokens: around.outputTokens, clampedByLimit: around.clampedByLimit, around };
  }

  #reserve({ inputTokens, outputTokens, price }: Estimate): Reservation {
    const { tokens, cost } = this.#limits;
    const freeTokens = tokens - this.#spent.totalTokens - this.#reservedTokens;
    if (freeTokens <= inputTokens) return this.#refused('tokens', this.#spent.totalTokens);
    const freeCost = cost - this.#spent.cost - this.#reservedCost;
    const promptCost = costOf({ inputTokens, cachedInputTokens: 0, outputTokens: 0 }, price);
    if (Number.isFinite(cost) && freeCost <= promptCost) return this.#refused('cost', this.#spent.cost);

    const byTokens = freeTokens - inputTokens;
    const byCost = price === undefined || !Number.isFinite(cost) ? Infinity : affordable(freeCost - promptCost, price);
    const room = Math.floor(Math.min(byTokens, byCost));
    if (room < 1 && byCost < byTokens) return this.#refused('cost', this.#spent.cost);
    if (room < 1) return this.#refused('tokens', this.#spent.totalTokens);
    const isClamped = room < (outputTokens ?? Number.POSITIVE_INFINITY);
    const most = isClamped ? room : (outputTokens ?? 0);
    const reservation = {
      type: 'reserved' as const,
      tokens: inputTokens + most,
      cost: costOf({ inputTokens, cachedInputTokens: 0, outputTokens: most }, price),
      outputTokens: most,
      clampedByLimit: isClamped ? (byTokens <= byCost ? ('tokens' as const) : ('cost' as const)) : undefined,
    };
    this.#reservedTokens += reservation.tokens;
    this.#reservedCost += reservation.cost;
    this.#underWay++;
    return reservation;
  }

  /** Gives back what was set aside; what was used is charged by its fact. */
  release(reservation: Given): void {
    this.#putBack(reservation);
    const outermost = this.#outermost;
    const woken = outermost.#waiting;
    outermost.#waiting = NOBODY;
    for (const wake of woken) wake();
  }

  /** Sets aside what was used and not yet charged. Gives the way to put it back. */
  hold(used: Usage): () => void {
    const { totalTokens, cost } = used;
    const outer = this.#around?.hold(used);
    this.#reservedTokens += totalTokens;
    this.#reservedCost += cost;
    return () => {
      this.#reservedTokens -= totalTokens;
      this.#reservedCost -= cost;
      outer?.();
    };
  }

  #putBack({ tokens, cost, around }: Given): void {
    this.#reservedTokens -= tokens;
    this.#reservedCost -= cost;
    this.#underWay--;
    if (around !== undefined && this.#around !== undefined) this.#around.#putBack(around);
  }

  get #hasOthers(): boolean {
    if (this.#underWay > 0) return true;
    return this.#around === undefined ? false : this.#around.#hasOthers;
  }

  get #outermost(): Budget {
    return this.#around === undefined ? this : this.#around.#outermost;
  }

  #givenBack(signal: CancellationSource): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const outermost = this.#outermost;
    outermost.#waiting = [...outermost.#waiting, resolve];
    return runUntilCancelled(signal, () => promise);
  }

  #refused(limit: 'tokens' | 'cost', spent: number): Reservation {
    return { type: 'refused', limit, max: this.#limits[limit], spent };
  }
}

const NOBODY: readonly (() => void)[] = [];

/** In US dollars. */
export function costOf(
  usage: Pick<Usage, 'inputTokens' | 'cachedInputTokens' | 'outputTokens'>,
  price: Price | undefined,
): number {
  if (price === undefined) return 0;
  const { input, output, cachedInput = input } = price;
  const fresh = Math.max(0, usage.inputTokens - usage.cachedInputTokens);
  return (fresh * input + usage.cachedInputTokens * cachedInput + usage.outputTokens * output) / 1_000_000;
}

/** Of a cost above nothing: `Infinity` if replies are free. */
function affordable(cost: number, { output }: Price): number {
  return (cost * 1_000_000) / output;
}
