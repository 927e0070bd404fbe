import { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { ConfigError } from '../base/errors.ts';
import { describeValue } from '../base/options.ts';
import { type LiveEventSink, reportFailure } from '../event/report-failure.ts';

const NAME = 'onRunEnd';

/** How long the end of a run waits for the callbacks. */
const TIMEOUT_MS = 5_000;

/** The callbacks of `toolContext.onRunEnd`. Each is called once, when this process leaves the run. One that fails is reported like a listener. */
export class EndCallbacks {
  readonly #events: LiveEventSink;
  readonly #clock: Clock;
  #callbacks: Set<() => unknown> | undefined;
  #hasEnded = false;

  constructor(events: LiveEventSink, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** Adds a callback. Calls it immediately if the end has come, and once if it is added several times. @throws ConfigError if it is no function */
  add(callback: () => unknown): void {
    if (typeof callback !== 'function')
      throw new ConfigError(`${NAME}: the callback is ${describeValue(callback)}. Pass a function.`);
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
    const createTimeoutError = (): Error =>
      new Error(`A callback of ${NAME} did not end within ${TIMEOUT_MS / 1000} s.`);
    const options = { clock: this.#clock, signal: new Cancellation(undefined), timeoutMs: TIMEOUT_MS };
    return withDeadline(callback, { ...options, timeoutError: createTimeoutError }).catch((error: unknown) =>
      reportFailure(this.#events, NAME, error),
    );
  }
}
