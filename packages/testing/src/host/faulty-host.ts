import { checkOptions, type Effect, type Host, HostError, type OptionTable } from '@pawl/core';
import type { Step } from '@pawl/core/host';
import { HostWrapper } from './host-wrapper.ts';

export interface KillPoint {
  /** The number of the step, from 1, counted over all attempts of a run when a step's work begins. */
  readonly at: number;
  /** `before` the step's work, `within` it (work is done, value not recorded), or `after` the value is recorded. */
  readonly moment: 'before' | 'within' | 'after';
}

const KILL_POINT: OptionTable<KillPoint> = {
  keys: { at: 'number', moment: { before: true, within: true, after: true } },
};

/** Simulates the death of the process at one step. The wrapped host keeps what it has recorded. */
export class FaultyHost extends HostWrapper {
  readonly #killPoint: KillPoint;
  readonly #recorded = new Set<string>();
  readonly #begunNonIdempotent = new Set<string>();
  readonly #repeated: string[] = [];
  readonly #unknownOutcomes: string[] = [];
  #count = 0;
  #hasDied = false;
  /** Until a run is claimed again. */
  #isDead = false;

  constructor(inner: Host, kill: KillPoint) {
    super(inner);
    this.#killPoint = checkOptions(kill, KILL_POINT, 'FaultyHost');
  }

  get hasDied(): boolean {
    return this.#hasDied;
  }

  /** Steps that began again after their value was recorded, and non-idempotent steps that began twice. */
  get repeated(): readonly string[] {
    return this.#repeated;
  }

  /** Steps whose outcome was unknown. */
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

  /** A dead process does nothing and records nothing. */
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
  return new HostError('The process is gone: FaultyHost ended it.', { code: 'process.gone' });
}
