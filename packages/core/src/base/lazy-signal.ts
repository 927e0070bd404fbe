import type { Abortable } from './abort.ts';

/** What can be aborted, and has a signal that is made when it is first asked for. */
export interface SignalSource extends Abortable {
  readonly signal: AbortSignal;
}

/**
 * An object with a `signal` that is made when somebody asks for it. A copy has it as well: `{ ...object }`.
 *
 * One accessor serves all of them. V8 takes a function that is written as an accessor of a literal, or straight into a property
 * (`this.tell = () => …`), for one that lives long, and puts it where only the collection of all memory looks: with it stays all that it
 * refers to, here a whole run. That was a third of a turn's time (docs/performance.md).
 */
export class LazySignal {
  declare readonly signal: AbortSignal;
  readonly #source: SignalSource;

  static readonly #accessor: PropertyDescriptor & ThisType<LazySignal> = {
    enumerable: true,
    get() {
      return this.#source.signal;
    },
  };

  constructor(source: SignalSource) {
    this.#source = source;
    Object.defineProperty(this, 'signal', LazySignal.#accessor);
  }

  /** What tells of the abort of this object's signal, without making it. Of any other object, and of a copy, the signal that it has: it may be another. */
  static sourceOf(object: { readonly signal: AbortSignal }): AbortSignal | Abortable {
    return #source in object ? object.#source : object.signal;
  }
}
