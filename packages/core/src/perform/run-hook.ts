import { Cancellation } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { type LiveEventSink, reportFailure } from '../event/report-failure.ts';

/** How long work waits for a hook that does not call it, and its result for a hook that does not settle. */
const TIMEOUT_MS = 5_000;

/** Reports what the hooks of an attempt do wrong, each hook once: it is likely to fail each time. */
export class HookGuard {
  readonly clock: Clock;
  readonly #events: LiveEventSink;
  readonly #reported = new Map<string, unknown>();
  #hasListeners = false;

  constructor(clock: Clock, events: LiveEventSink) {
    this.clock = clock;
    this.#events = events;
  }

  report(hook: string, error: unknown): void {
    if (this.#reported.has(hook)) return;
    this.#reported.set(hook, error);
    if (this.#hasListeners) this.#emit(hook, error);
  }

  /** Emits what was reported before the run had its listeners. */
  begin(): void {
    this.#hasListeners = true;
    for (const [hook, error] of this.#reported) this.#emit(hook, error);
  }

  #emit(hook: string, error: unknown): void {
    reportFailure(this.#events, `instrumentation.${hook}`, error);
  }
}

interface HookCall<Result> {
  readonly name: string;
  readonly guard: HookGuard;
  readonly call: (work: () => Promise<Result>) => Promise<unknown>;
}

/**
 * Runs work inside a hook, once. Resolves or rejects as `work` does: a hook that throws, drops the result, calls `work` twice or not at all,
 * or does not settle is reported, and changes nothing else.
 */
export async function runHook<Result>(hook: HookCall<Result>, work: () => Promise<Result>): Promise<Result> {
  const { name, guard } = hook;
  const state = new HookState(work);
  const ended = state.start(hook.call);
  if (!state.isCalled) {
    await waitFor(Promise.race([ended, state.waitForCall()]), hook, 'did not call its work');
    if (state.hasEnded && !state.isCalled && state.failure === undefined)
      guard.report(name, new Error(`instrumentation.${name} did not call its work.`));
  }
  const worked = state.run();
  await state.settled;
  // Most hooks end with their work, so that they need no timer.
  for (let turn = 0; turn < MICROTASKS && !state.hasEnded; turn++) await Promise.resolve();
  if (!state.hasEnded) await waitFor(ended, hook, 'did not settle');
  const { failure, rejection } = state;
  if (failure !== undefined && failure.error !== rejection?.error) guard.report(name, failure.error);
  return worked;
}

const MICROTASKS = 8;

interface Failure {
  readonly error: unknown;
}

class HookState<Result> {
  readonly #work: () => Promise<Result>;
  #worked: Promise<Result> | undefined;
  #onCalled: (() => void) | undefined;
  /** Resolves when the work has settled. Prevents an unhandled rejection, too, if the hook drops the promise. */
  settled: Promise<void> | undefined;
  hasEnded = false;
  failure: Failure | undefined;
  rejection: Failure | undefined;

  constructor(work: () => Promise<Result>) {
    this.#work = work;
  }

  get isCalled(): boolean {
    return this.#worked !== undefined;
  }

  /** Resolves when the hook calls the work. */
  waitForCall(): Promise<void> {
    return new Promise((resolve) => {
      this.#onCalled = resolve;
    });
  }

  /** Calls the hook. Never rejects. */
  async start(call: HookCall<Result>['call']): Promise<void> {
    try {
      await call(() => this.run());
    } catch (error) {
      this.failure = { error };
    }
    this.hasEnded = true;
  }

  run(): Promise<Result> {
    if (this.#worked === undefined) {
      this.#worked = this.#work();
      this.settled = this.#worked.then(
        () => undefined,
        (error: unknown) => {
          this.rejection = { error };
        },
      );
      this.#onCalled?.();
    }
    return this.#worked;
  }
}

async function waitFor(
  awaited: Promise<void>,
  { name, guard }: Pick<HookCall<never>, 'name' | 'guard'>,
  problem: string,
): Promise<void> {
  const createTimeoutError = (): Error =>
    new Error(`instrumentation.${name} ${problem} within ${TIMEOUT_MS / 1000} s.`);
  const options = { clock: guard.clock, signal: new Cancellation(undefined), timeoutMs: TIMEOUT_MS };
  await withDeadline(() => awaited, { ...options, timeoutError: createTimeoutError }).catch((error: unknown) =>
    guard.report(name, error),
  );
}
