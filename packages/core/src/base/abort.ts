/** What stands for a signal that is made only when somebody asks for it: an engine's own costs more than a request's whole way through the loop. */
export interface Abortable {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** As the function of this name. */
  onAbort(callback: () => void): () => void;
}

/**
 * Calls back once when the signal is aborted, at once where it is already. What it gives takes that back.
 *
 * However many wait, an engine's signal has one listener of ours: its own cost a microsecond each to add and to remove.
 */
export function onAbort(signal: AbortSignal | Abortable, callback: () => void): () => void {
  if ('onAbort' in signal) return signal.onAbort(callback);
  if (signal.aborted) {
    callback();
    return noop;
  }
  const waiting = watches.get(signal) ?? watch(signal);
  waiting.add(callback);
  return () => {
    // Whoever listens last takes the listener away: signals may live as long as the process.
    if (waiting.delete(callback) && waiting.size === 0) waiting.stop();
  };
}

/** Settles as `work` does, or rejects with the signal's reason as soon as that is aborted, whatever the work does. */
export function untilAborted<T>(signal: AbortSignal | Abortable, work: () => T | Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, () => reject(signal.reason));
    started(work).then(
      (value) => {
        leave();
        resolve(value);
      },
      (reason: unknown) => {
        leave();
        reject(reason);
      },
    );
  });
}

/** A throw is a rejection as well. */
export function started<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Who waits for one signal. */
class Watch extends Set<() => void> {
  readonly #signal: AbortSignal;
  readonly #tell = (): void => {
    watches.delete(this.#signal);
    for (const callback of this) callback();
    this.clear();
  };

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
    signal.addEventListener('abort', this.#tell, { once: true });
  }

  stop(): void {
    this.#signal.removeEventListener('abort', this.#tell);
    watches.delete(this.#signal);
  }
}

const watches = new WeakMap<AbortSignal, Watch>();

function watch(signal: AbortSignal): Watch {
  const made = new Watch(signal);
  watches.set(signal, made);
  return made;
}

export function noop(): void {}
