import { type CancellationSource, isCancelled, LazySignal } from '../base/cancellation.ts';
import { type Deadline, type TimedWork, withDeadline } from '../base/deadline.ts';
import { ConfigError, PawlError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { findFinishError } from '../chat/finish-reason.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { ChatModel, ModelContext, Price } from './chat-model.ts';
import { correctionOf, withCorrection } from './correction.ts';
import { TimeoutError } from './errors.ts';
import { modelContext } from './model-context.ts';
import { memoOf, withMemo } from './request-memo.ts';
import { loadingDelay, retryDelay } from './retry-delay.ts';

export interface Attempt {
  /** Counted from 1, over all models; the repetition after a stale connection has a number of its own. */
  readonly attempt: number;
  /** Its name. */
  readonly model: string;
  /** Its price, where it has one. */
  readonly price: Price | undefined;
  /** What this attempt adds to the request: the model's mistake in the attempt before. */
  readonly correction?: string;
}

export interface AttemptFailure extends Attempt {
  readonly error: unknown;
  /** When the next attempt at the same model starts; absent where there is none. */
  readonly retryInMs?: number;
  /** False where a kept-alive connection had gone stale, so that the server never saw the request, and while a server loads its model. */
  readonly counted: boolean;
}

export interface AttemptsOptions {
  readonly policy: ResolvedRetryPolicy;
  readonly context?: Partial<ModelContext>;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Told before each attempt. What it throws ends everything. */
  readonly onAttempt?: (attempt: Attempt) => void | Promise<void>;
  /** Told after each attempt that gave no reply, except where an abort was the reason. What it throws ends everything. */
  readonly onFailed?: (failure: AttemptFailure) => void | Promise<void>;
}

export interface Answered {
  readonly reply: ChatResponse;
  /** Who answered: the model that was asked, or one behind it. */
  readonly model: ChatModel;
  readonly attempt: number;
}

/**
 * Asks a model until it answers or the policy says no, then the models behind it. Rejects with the last error.
 *
 * After an abort it rejects at once with the signal's reason and starts nothing more.
 */
export async function attempts(model: ChatModel, request: ChatRequest, options: AttemptsOptions): Promise<Answered> {
  const series = new Series(request, options);
  if (pRetryModule === undefined) loaded().catch(() => undefined); // Asked again where it is needed.
  for (let asked = model; ; ) {
    const first = await series.ask(asked);
    // Nearly every request ends here: what repeats attempts is set up where there is something to repeat.
    if (!(first instanceof Failed)) return first;
    const result = first.retryInMs === undefined ? first : await series.askAgain(asked, first);
    if (!(result instanceof Failed)) return result;
    if (asked.fallback === undefined || isConfigError(result.error)) throw result.error;
    asked = asked.fallback;
    series.startOver();
  }
}

let pRetryModule: Promise<typeof import('p-retry')> | undefined;

/** Beside the first request rather than with core, and no later: once requests fail, the process may have no file left to open. */
function loaded(): Promise<typeof import('p-retry')> {
  pRetryModule ??= import('p-retry').catch((error: unknown) => {
    pRetryModule = undefined;
    throw error;
  });
  return pRetryModule;
}

/** All attempts at one request. */
class Series {
  readonly #request: ChatRequest;
  readonly #options: AttemptsOptions;
  readonly #context: ModelContext;
  readonly #source: CancellationSource;
  #attempt = 0;
  /** Once is enough to tell a stale connection from a server that hangs up. */
  #hasResent = false;
  /** For how long the present model's server was waited for while it loaded the model. */
  #loadingMs = 0;
  /** The present model's mistake. */
  #correction: string | undefined;

  constructor(request: ChatRequest, options: AttemptsOptions) {
    this.#request = request;
    this.#options = options;
    this.#context = modelContext(options.context);
    this.#source = LazySignal.getSource(this.#context);
  }

  /** Before another model is asked: the mistakes of the one before are not its own. */
  startOver(): void {
    this.#correction = undefined;
    this.#loadingMs = 0;
  }

  /** Gives the failure that was the last word of this model; rejects with whatever ends everything. */
  ask(model: ChatModel): Promise<Answered | Failed> {
    this.#throwIfCancelled();
    return this.#try(model, 0);
  }

  /** The same, after a failure that is worth another attempt. */
  async askAgain(model: ChatModel, { counted, retryInMs = 0 }: Failed): Promise<Answered | Failed> {
    const { policy } = this.#options;
    let failures = counted ? 1 : 0;
    let pauseMs = retryInMs;
    const attempt = async (): Promise<Answered> => {
      if (pauseMs > 0) await this.#context.clock.sleep(pauseMs, this.#context.signal);
      const result = await this.#try(model, failures);
      if (!(result instanceof Failed)) return result;
      if (result.counted) failures++;
      pauseMs = result.retryInMs ?? 0;
      throw result;
    };
    const { default: pRetry } = await loaded();
    try {
      return await pRetry(attempt, {
        // The policy itself says when it is enough.
        retries: policy.maxAttempts,
        minTimeout: 0,
        signal: this.#context.signal,
        shouldConsumeRetry: ({ error }) => error instanceof Failed && error.counted,
        shouldRetry: ({ error }) => error instanceof Failed && error.retryInMs !== undefined,
      });
    } catch (error) {
      if (error instanceof Failed) return error;
      throw error;
    }
  }

  async #try(model: ChatModel, failures: number): Promise<Answered | Failed> {
    const { policy, onAttempt, onFailed } = this.#options;
    const context = this.#context;
    const { name, price } = model;
    const correction = this.#correction;
    const request = correction === undefined ? this.#request : withCorrection(this.#request, correction);
    const told: Attempt = {
      attempt: ++this.#attempt,
      model: name,
      price,
      ...(correction !== undefined && { correction }),
    };
    const heard = onAttempt?.(told);
    if (heard !== undefined) await heard;
    try {
      const reply = await tryOnce(model, { request, context, timeoutMs: policy.attemptTimeoutMs });
      const failure = findFinishError(reply);
      if (failure !== undefined) throw failure;
      return { reply, model, attempt: told.attempt };
    } catch (error) {
      this.#throwIfCancelled();
      const failed = this.#judge(error, failures);
      const { retryInMs, counted } = failed;
      await onFailed?.({ ...told, error, ...(retryInMs !== undefined && { retryInMs }), counted });
      return failed;
    }
  }

  #throwIfCancelled(): void {
    if (isCancelled(this.#source)) throw this.#source.reason;
  }

  #judge(error: unknown, failures: number): Failed {
    if (!this.#hasResent && isStale(error)) {
      this.#hasResent = true;
      return new Failed(error, { retryInMs: 0, counted: false });
    }
    const { policy, random } = this.#options;
    this.#correction = correctionOf(error) ?? this.#correction;
    const loadingMs = loadingDelay(error, { policy, waitedMs: this.#loadingMs });
    if (loadingMs !== undefined) {
      this.#loadingMs += loadingMs;
      return new Failed(error, { retryInMs: loadingMs, counted: false });
    }
    return new Failed(error, {
      retryInMs: retryDelay(error, { failures: failures + 1, policy, random }),
      counted: true,
    });
  }
}

interface Verdict {
  readonly retryInMs: number | undefined;
  readonly counted: boolean;
}

/** Carries an attempt's error, whatever was thrown, and what follows from it through p-retry. */
class Failed extends Error {
  readonly error: unknown;
  readonly retryInMs: number | undefined;
  readonly counted: boolean;

  constructor(error: unknown, { retryInMs, counted }: Verdict) {
    super('An attempt failed.');
    this.error = error;
    this.retryInMs = retryInMs;
    this.counted = counted;
  }
}

/** A mistake of the developer: another model that answers would hide it. By its code, which is the same in a second copy of this package. */
function isConfigError(error: unknown): boolean {
  return PawlError.isInstance(error) && error.code === 'config.invalid';
}

function isStale(error: unknown): boolean {
  return PawlError.isInstance(error) && 'staleSocket' in error && error.staleSocket === true;
}

/** How often and when a model is asked again. Each part has a default. */
export interface RetryPolicy {
  /** Tries in all for each model. @defaultValue 3 */
  readonly maxAttempts?: number;
  /** The most that the first pause may take; it doubles each time, and the pause is drawn from 0 to it. @defaultValue 500 */
  readonly initialDelayMs?: number;
  /** The most that any pause may take. @defaultValue 30_000 */
  readonly maxDelayMs?: number;
  /** A server that asks for a longer pause is not asked again; one that loads its model is waited for so long. @defaultValue 60_000 */
  readonly maxRetryAfterMs?: number;
  /** For one attempt as a whole, without the time in which the run's reader is behind. @defaultValue 600_000 */
  readonly attemptTimeoutMs?: number;
}

export const RETRY: OptionTable<RetryPolicy> = {
  keys: {
    maxAttempts: 'number',
    initialDelayMs: 'number',
    maxDelayMs: 'number',
    maxRetryAfterMs: 'number',
    attemptTimeoutMs: 'number',
  },
  hints: {
    attempts: 'The option is "maxAttempts".',
    retries: 'The option is "maxAttempts", the first one included.',
    maxRetries: 'The option is "maxAttempts", the first one included.',
    minDelayMs: 'The option is "initialDelayMs".',
    delayMs: 'The option is "initialDelayMs".',
    timeoutMs: 'The option is "attemptTimeoutMs".',
  },
};

export type ResolvedRetryPolicy = Required<RetryPolicy>;

/** @throws ConfigError for a number that can't be, naming it. */
export function resolveRetryPolicy(policy: RetryPolicy = {}): ResolvedRetryPolicy {
  const { maxAttempts = 3, maxDelayMs = 30_000, maxRetryAfterMs = 60_000, attemptTimeoutMs = 600_000 } = policy;
  const { initialDelayMs = Math.min(500, maxDelayMs) } = policy;
  const claims: readonly (readonly [boolean, string])[] = [
    [Number.isInteger(maxAttempts) && maxAttempts >= 1, `maxAttempts is ${maxAttempts}. Give a whole number from 1.`],
    [isFrom(0, initialDelayMs), `initialDelayMs is ${initialDelayMs}. Give milliseconds from 0.`],
    [
      isFrom(initialDelayMs, maxDelayMs),
      `maxDelayMs is ${maxDelayMs}. Give milliseconds from initialDelayMs (${initialDelayMs}).`,
    ],
    [maxRetryAfterMs >= 0, `maxRetryAfterMs is ${maxRetryAfterMs}. Give milliseconds from 0, or Infinity.`],
    [attemptTimeoutMs > 0, `attemptTimeoutMs is ${attemptTimeoutMs}. Give milliseconds above 0, or Infinity.`],
  ];
  for (const [holds, problem] of claims) if (!holds) throw new ConfigError(`The retry policy's ${problem}`);
  return { maxAttempts, initialDelayMs, maxDelayMs, maxRetryAfterMs, attemptTimeoutMs };
}

function isFrom(least: number, ms: number): boolean {
  return Number.isFinite(ms) && ms >= least;
}

interface TryOptions {
  readonly request: ChatRequest;
  readonly context: ModelContext;
  /** The time in which a reader is behind, or a wrapper holds the request back, does not count. */
  readonly timeoutMs: number;
}

/** One attempt at one model. It ends at once when it is cancelled or its time is over; what the model reports later is ignored. */
function tryOnce(model: ChatModel, { request, context, timeoutMs }: TryOptions): Promise<ChatResponse> {
  const { clock } = context;
  const timeoutError = (): TimeoutError => attemptTimeout(model.name, timeoutMs);
  return withDeadline((timed) => model.send(request, new AttemptContext(context, timed)), {
    clock,
    signal: LazySignal.getSource(context),
    timeoutMs,
    timeoutError,
  });
}

/** What a model is told, and may report, within one attempt. */
class AttemptContext extends LazySignal implements ModelContext {
  readonly clock: ModelContext['clock'];
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  // Its own, so that a copy has them.
  readonly onDelta: ModelContext['onDelta'];
  readonly onRepaired: ModelContext['onRepaired'];
  readonly waitFor: ModelContext['waitFor'];

  constructor(context: ModelContext, timed: TimedWork) {
    super(timed);
    withMemo(this, memoOf(context));
    this.clock = context.clock;
    this.runId = context.runId;
    this.path = context.path;
    this.traceparent = context.traceparent;
    const pauseFor = pauseDeadline(timed.deadline);
    const onDelta: ModelContext['onDelta'] = (delta) => {
      const caughtUp = timed.isOver ? undefined : context.onDelta(delta);
      return caughtUp && pauseFor(caughtUp);
    };
    const onRepaired: ModelContext['onRepaired'] = (mends) => void (timed.isOver || context.onRepaired(mends)); // Tells only.
    const waitFor: ModelContext['waitFor'] = (wait) => pauseFor(context.waitFor(wait));
    // Assigned by name: see `LazySignal`.
    this.onDelta = onDelta;
    this.onRepaired = onRepaired;
    this.waitFor = waitFor;
  }
}

function attemptTimeout(name: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `Model "${name}" had not answered in full after ${timeoutMs / 1000} s. If that is too short, raise attemptTimeoutMs.`,
    { phase: 'attempt', timeoutMs },
  );
}

/** The deadline stands still while anything is waited for: a reader that is behind, a place in a queue. A model may report several pieces without waiting. */
function pauseDeadline(deadline: Deadline): <T>(wait: Promise<T>) => Promise<T> {
  let waits = 0;
  return (wait) => {
    waits++;
    deadline.pause();
    return wait.finally(() => {
      waits--;
      if (waits === 0) deadline.resume();
    });
  };
}
