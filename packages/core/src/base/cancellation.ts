/**
 * Says whether work is cancelled, and why. All of core uses it to cancel.
 *
 * An `AbortController` costs more time than the loop spends on a request, so it is created only when code outside core reads
 * `signal`.
 */
export class Cancellation {
  #isCancelled = false;
  #reason: unknown;
  /** The first callback. Most cancellations have no other one. */
  #callback: (() => void) | undefined;
  #others: Set<() => void> | undefined;
  #controller: AbortController | undefined;
  readonly #detach: (() => void) | undefined;

  /** @param outer - also cancels this one, until `detach` */
  constructor(outer?: CancellationSource) {
    this.#detach = outer && onCancel(outer, () => this.cancel(outer.reason));
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** The reason that was passed to `cancel`. */
  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isCancelled) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Later calls have no effect. */
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

  /** Calls back once, immediately if it is already cancelled. Returns a function that removes the callback. */
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

  /** Removes the link to the outer cancellation. Otherwise an outer one that lives longer keeps this one in memory. */
  detach(): void {
    this.#detach?.();
  }
}

/** What can cancel work. Code outside core passes a signal. */
export type CancellationSource = Cancellation | AbortSignal;

export function isCancelled(source: CancellationSource): boolean {
  return source instanceof Cancellation ? source.isCancelled : source.aborted;
}

/** Calls back once, immediately if the source is already cancelled. Returns a function that removes the callback. */
export function onCancel(source: CancellationSource, callback: () => void): () => void {
  if (source instanceof Cancellation) return source.onCancel(callback);
  if (source.aborted) {
    callback();
    return doNothing;
  }
  const callbacks = signalCallbacks.get(source) ?? new SignalCallbacks(source);
  callbacks.add(callback);
  return () => {
    // A signal can live as long as the process, so its listener is removed with the last callback.
    if (callbacks.delete(callback) && callbacks.size === 0) callbacks.stop();
  };
}

/** Settles as `work` does, or rejects with the source's reason when the source is cancelled, even if the work continues. */
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

/** Calls `work`. If it throws, the promise rejects. */
export function callAsync<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * An object whose `signal` is created when it is read. A copy (`{ ...object }`) has it too.
 *
 * All instances share one accessor. V8 allocates an accessor of a literal, or a function assigned to a property
 * (`this.emit = () => …`), in old memory, where it keeps a whole run alive until a full collection. That cost a third of a turn's
 * time (docs/performance.md).
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

  /** Returns what cancels the object, without creating its signal. For other objects and for copies it is their `signal`: a copy can have another one. */
  static getSource(object: { readonly signal: AbortSignal }): CancellationSource {
    return #cancellation in object ? object.#cancellation : object.signal;
  }
}

/** All callbacks of one signal. They share one listener, because adding and removing a listener costs a microsecond. */
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
