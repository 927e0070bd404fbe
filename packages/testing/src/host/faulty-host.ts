import { checkOptions, type Effect, type Host, HostError, type OptionTable } from '@pawl/core';
import type { Step } from '@pawl/core/host';
import { HostWrapper } from './host-wrapper.ts';

export interface KillPoint {
  /** Counts the steps whose work begins, from 1, over the whole life of the run. */
  readonly at: number;
  /** `before` its work, `within` it, when that is done and not yet kept, or `after` it was kept. */
  readonly moment: 'before' | 'within' | 'after';
}

const KILL_POINT: OptionTable<KillPoint> = {
  keys: { at: 'number', moment: { before: true, within: true, after: true } },
};

/** Loses its process once; what was under way is lost with it. The host inside is what survives. */
export class FaultyHost extends HostWrapper {
  readonly #killPoint: KillPoint;
  readonly #recorded = new Set<string>();
  readonly #begunNonIdempotent = new Set<string>();
  readonly #repeated: string[] = [];
  readonly #unknownOutcomes: string[] = [];
  #count = 0;
  #hasDied = false;
  /** Until it is opened again. */
  #isDead = false;

  constructor(inner: Host, kill: KillPoint) {
    super(inner);
    this.#killPoint = checkOptions(kill, KILL_POINT, 'FaultyHost');
  }

  get hasDied(): boolean {
    return this.#hasDied;
  }

  /** Steps that began although they were finished, or that may begin once only and began again. */
  get repeated(): readonly string[] {
    return this.#repeated;
  }

  /** Steps that were answered as being in doubt. */
  get unknownOutcomes(): readonly string[] {
    return this.#unknownOutcomes;
  }

  override onClaimed(): void {
    this.#isDead = false;
  }

  override wrapStep<T>(step: Step<T>, name: string): Step<T> {
    const { effect, onUnknownOutcome } = step;
    let isLast = false;
    return {
      ...step,
      work: async () => {
        this.#assertAlive();
        isLast = ++this.#count === this.#killPoint.at;
        if (isLast && this.#killPoint.moment === 'before') this.#terminate();
        this.#begin(name, effect);
        const value = await step.work();
        if (isLast && this.#killPoint.moment === 'within') this.#terminate();
        this.#assertAlive();
        return value;
      },
      ...(onUnknownOutcome && {
        onUnknownOutcome: () => {
          this.#unknownOutcomes.push(name);
          return onUnknownOutcome();
        },
      }),
      onRecorded: (value, how) => {
        this.#recorded.add(name);
        step.onRecorded(value, how);
        if (isLast && !how.replayed) this.#terminate();
      },
    };
  }

  #begin(name: string, effect: Effect): void {
    if (this.#recorded.has(name) || this.#begunNonIdempotent.has(name)) this.#repeated.push(name);
    if (effect === 'non-idempotent') this.#begunNonIdempotent.add(name);
  }

  /** Nothing is done, or kept, by a process that is gone. */
  #assertAlive(): void {
    if (this.#isDead) throw createGoneError();
  }

  #terminate(): never {
    this.#isDead = true;
    this.#hasDied = true;
    throw createGoneError();
  }
}

function createGoneError(): HostError {
  return new HostError('The process is gone.', { code: 'process.gone' });
}
