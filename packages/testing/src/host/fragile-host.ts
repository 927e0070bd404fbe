import { checkOptions, type Effect, type Host, HostError, type OptionTable } from '@pawl/core';
import type { Step } from '@pawl/core/host';
import { HostWrapper } from './host-around.ts';

export interface KillPoint {
  /** Counts the steps whose work begins, from 1, over the whole life of the run. */
  readonly at: number;
  /** `before` its work, `within` it, when that is done and not yet kept, or `after` it was kept. */
  readonly moment: 'before' | 'within' | 'after';
}

const KILL: OptionTable<KillPoint> = { keys: { at: 'number', moment: { before: true, within: true, after: true } } };

/** Loses its process once; what was under way is lost with it. The host inside is what survives. */
export class FaultyHost extends HostWrapper {
  readonly #kill: KillPoint;
  readonly #kept = new Set<string>();
  readonly #begunOnce = new Set<string>();
  readonly #repeated: string[] = [];
  readonly #doubted: string[] = [];
  #count = 0;
  #hasDied = false;
  /** Until it is opened again. */
  #isDead = false;

  constructor(inner: Host, kill: KillPoint) {
    super(inner);
    this.#kill = checkOptions(kill, KILL, 'FaultyHost');
  }

  get hasDied(): boolean {
    return this.#hasDied;
  }

  /** Steps that began although they were finished, or that may begin once only and began again. */
  get repeated(): readonly string[] {
    return this.#repeated;
  }

  /** Steps that were answered as being in doubt. */
  get doubted(): readonly string[] {
    return this.#doubted;
  }

  override opened(): void {
    this.#isDead = false;
  }

  override around<T>(step: Step<T>, name: string): Step<T> {
    const { effect, onUnknownOutcome } = step;
    let isLast = false;
    return {
      ...step,
      work: async () => {
        this.#live();
        isLast = ++this.#count === this.#kill.at;
        if (isLast && this.#kill.moment === 'before') this.#die();
        this.#begin(name, effect);
        const value = await step.work();
        if (isLast && this.#kill.moment === 'within') this.#die();
        this.#live();
        return value;
      },
      ...(onUnknownOutcome && {
        onUnknownOutcome: () => {
          this.#doubted.push(name);
          return onUnknownOutcome();
        },
      }),
      onRecorded: (value, how) => {
        this.#kept.add(name);
        step.onRecorded(value, how);
        if (isLast && !how.replayed) this.#die();
      },
    };
  }

  #begin(name: string, effect: Effect): void {
    if (this.#kept.has(name) || this.#begunOnce.has(name)) this.#repeated.push(name);
    if (effect === 'non-idempotent') this.#begunOnce.add(name);
  }

  /** Nothing is done, or kept, by a process that is gone. */
  #live(): void {
    if (this.#isDead) throw gone();
  }

  #die(): never {
    this.#isDead = true;
    this.#hasDied = true;
    throw gone();
  }
}

function gone(): HostError {
  return new HostError('The process is gone.', { code: 'process.gone' });
}
