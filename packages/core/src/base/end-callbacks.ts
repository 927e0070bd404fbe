import { Cancellation } from './cancellation.ts';
import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';
import { ConfigError } from './errors.ts';
import { describeValue } from './options.ts';

export interface EndCallbacksOptions {
  /** The name of the function that adds callbacks, for error messages. */
  readonly name: string;
  readonly clock: Clock;
  /** How long `callAll` waits, in milliseconds. */
  readonly timeoutMs: number;
  /** Called with the error of a callback, or with that of a callback that takes too long. */
  readonly onFailure: (error: unknown) => void;
}

/** Callbacks that are called once, when something ends. */
export class EndCallbacks {
  readonly #options: EndCallbacksOptions;
  #callbacks: Set<() => unknown> | undefined;
  #hasEnded = false;

  constructor(options: EndCallbacksOptions) {
    this.#options = options;
  }

  /** Adds a callback. Calls it immediately if the end has come, and once if it is added several times. @throws ConfigError if it is no function */
  add(callback: () => unknown): void {
    const { name } = this.#options;
    if (typeof callback !== 'function')
      throw new ConfigError(`${name}: the callback is ${describeValue(callback)}. Pass a function.`);
    if (this.#hasEnded) void this.#call(callback);
    else this.#callbacks = (this.#callbacks ?? new Set()).add(callback);
  }

  /** Calls all callbacks at once and waits for them, within the time. Never rejects. Returns `undefined` if there is nothing to wait for. */
  callAll(): Promise<unknown> | undefined {
    this.#hasEnded = true;
    const callbacks = this.#callbacks;
    this.#callbacks = undefined;
    return callbacks && Promise.all([...callbacks].map((callback) => this.#call(callback)));
  }

  #call(callback: () => unknown): Promise<unknown> {
    const { name, clock, timeoutMs, onFailure } = this.#options;
    const createTimeoutError = (): Error =>
      new Error(`A callback of ${name} did not end within ${timeoutMs / 1000} s.`);
    const signal = new Cancellation(undefined);
    return withDeadline(callback, { clock, signal, timeoutMs, timeoutError: createTimeoutError }).catch(onFailure);
  }
}
