/**
 * Whether work is given up, and why. All of core cancels by it.
 *
 * An engine's `AbortController` costs more than a request's whole way through the loop, so one is made only if code outside
 * core asks for `signal`.
 */
export class Cancellation {
  #isCancelled = false;
  #reason: unknown;
  /** Nearly always the only one. */
  #callback: (() => void) | undefined;
  #others: Set<() => void> | undefined;
  #controller: AbortController | undefined;
  readonly #detach: (() => void) | undefined;

  /** @param outer Cancels this one too, until `detach`. */
  constructor(outer?: CancellationSource) {
    this.#detach = outer && onCancel(outer, () => this.cancel(outer.reason));
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** What it was cancelled with. */
  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isCancelled) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Only the first time counts. */
  cancel(reason: unknown): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#callback?.();
    for (const callback of this.#others ?? []) callback();
    this.#callback = undefined;
    this.#others = undefined;
  }

  /** Calls back once, at once if it is cancelled already. Returns the function that takes the callback away. */
  onCancel(callback: () => void): () => void {
    if (this.#isCancelled) {
      callback();
      return doNothing;
    }
    if (this.#callback === undefined) this.#callback = callback;
    else this.#others = (this.#others ?? new Set()).add(callback);
    return () => {
      if (this.#callback === callback) this.#callback = undefined;
      else this.#others?.delete(callback);
    };
  }

  throwIfCancelled(): void {
    if (this.#isCancelled) throw this.#reason;
  }

  /** The outer one no longer cancels this one. An outer one that lives longer would keep this one alive. */
  detach(): void {
    this.#detach?.();
  }
}

/** What may cancel work: code outside core passes a signal. */
export type CancellationSource = Cancellation | AbortSignal;

export function isCancelled(source: CancellationSource): boolean {
  return source instanceof Cancellation ? source.isCancelled : source.aborted;
}

/** Calls back once, at once if the source is cancelled already. Returns the function that takes the callback away. */
export function onCancel(source: CancellationSource, callback: () => void): () => void {
  if (source instanceof Cancellation) return source.onCancel(callback);
  if (source.aborted) {
    callback();
    return doNothing;
  }
  const callbacks = signalCallbacks.get(source) ?? new SignalCallbacks(source);
  callbacks.add(callback);
  return () => {
    // A signal may live as long as the process: the last callback takes the listener with it.
    if (callbacks.delete(callback) && callbacks.size === 0) callbacks.stop();
  };
}

/** Settles as `work` does, or rejects with the source's reason as soon as that is cancelled, whatever the work does. */
export function runUntilCancelled<T>(source: CancellationSource, work: () => T | Promise<T>): Promise<T> {
  if (isCancelled(source)) return Promise.reject(source.reason);
  return new Promise((resolve, reject) => {
    const stop = onCancel(source, () => reject(source.reason));
    callAsync(work).then(
      (value) => {
        stop();
        resolve(value);
      },
      (reason: unknown) => {
        stop();
        reject(reason);
      },
    );
  });
}

/** A throw becomes a rejection. */
export function callAsync<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
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
  readonly #cancellation: Cancellation;

  static readonly #accessor: PropertyDescriptor & ThisType<LazySignal> = {
    enumerable: true,
    get() {
      return this.#cancellation.signal;
    },
  };

  constructor(cancellation: Cancellation) {
    this.#cancellation = cancellation;
    Object.defineProperty(this, 'signal', LazySignal.#accessor);
  }

  /** What cancels an object, without making its signal. Of other objects, and of copies, it is the signal: a copy may have another one. */
  static getSource(object: { readonly signal: AbortSignal }): CancellationSource {
    return #cancellation in object ? object.#cancellation : object.signal;
  }
}

/** Who waits for one signal. The engine's signal has one listener of ours: each costs a microsecond to add and to remove. */
class SignalCallbacks extends Set<() => void> {
  readonly #signal: AbortSignal;
  readonly #callAll = (): void => {
    signalCallbacks.delete(this.#signal);
    for (const callback of this) callback();
    this.clear();
  };

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
    signalCallbacks.set(signal, this);
    signal.addEventListener('abort', this.#callAll, { once: true });
  }

  stop(): void {
    this.#signal.removeEventListener('abort', this.#callAll);
    signalCallbacks.delete(this.#signal);
  }
}

const signalCallbacks = new WeakMap<AbortSignal, SignalCallbacks>();

function doNothing(): void {}
