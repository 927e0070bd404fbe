import { type CancellationSource, isCancelled, LazySignal } from '../base/cancellation.ts';
import { type Deadline, type TimedWork, withDeadline } from '../base/deadline.ts';
import { ConfigError, PawlError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { findFinishError } from '../chat/finish-reason.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { ChatModel, ModelContext, Price } from './chat-model.ts';
import { createCorrection, withCorrection } from './correction.ts';
import { TimeoutError } from './errors.ts';
import { completeModelContext } from './model-context.ts';
import { getMemo, withMemo } from './request-memo.ts';
import { computeLoadingDelay, computeRetryDelay } from './retry-delay.ts';

export interface Attempt {
  /** Counted from 1, over all models. The repetition after a stale connection counts too. */
  readonly attempt: number;
  /** The name of the model. */
  readonly model: string;
  /** The price of the model, if it has one. */
  readonly price: Price | undefined;
  /** The text that this attempt adds to the request: the mistake of the model in the previous attempt. */
  readonly correction?: string;
}

export interface AttemptFailure extends Attempt {
  readonly error: unknown;
  /** The wait before the next attempt with the same model. Absent if there is none. */
  readonly retryInMs?: number;
  /** Whether the attempt counts against `maxAttempts`. False if the connection was stale, so that the server never saw the request, or if the server is loading the model. */
  readonly counted: boolean;
}

export interface AttemptsOptions {
  readonly policy: ResolvedRetryPolicy;
  readonly context?: Partial<ModelContext>;
  /** Returns a number from 0 to below 1. */
  readonly random: () => number;
  /** Called before each attempt. If it throws, no attempt follows. */
  readonly onAttempt?: (attempt: Attempt) => void | Promise<void>;
  /** Runs each attempt by calling `work` once. */
  readonly instrument?: (attempt: InstrumentedAttempt, work: () => Promise<ChatResponse>) => Promise<ChatResponse>;
  /** Called after each failed attempt, unless an abort was the reason. If it throws, no attempt follows. */
  readonly onFailure?: (failure: AttemptFailure) => void | Promise<void>;
}

/** An attempt as instrumentation sees it. */
export interface InstrumentedAttempt {
  readonly model: ChatModel;
  readonly request: ChatRequest;
  /** After the attempt failed: when the next one at the same model starts; `undefined` if there is none. */
  retryInMs(): number | undefined;
}

export interface AttemptResult {
  readonly response: ChatResponse;
  /** The model that responded: the requested one, or a fallback. */
  readonly model: ChatModel;
  readonly attempt: number;
}

/**
 * Sends a request until the model responds or the retry policy ends the attempts; then continues with its fallbacks.
 *
 * @throws the error of the last attempt, or the reason of the signal at once after an abort.
 */
export async function runAttempts(
  model: ChatModel,
  request: ChatRequest,
  options: AttemptsOptions,
): Promise<AttemptResult> {
  const series = new AttemptSeries(request, options);
  if (retryModule === undefined) loadRetryModule().catch(() => undefined); // `retry` loads it again and reports the error.
  for (let currentModel = model; ; ) {
    const first = await series.start(currentModel);
    // Most requests succeed at once, so p-retry is set up only after a failure.
    if (!(first instanceof FailedTry)) return first;
    const result = first.retryInMs === undefined ? first : await series.retry(currentModel, first);
    if (!(result instanceof FailedTry)) return result;
    if (currentModel.fallback === undefined || isConfigError(result.error)) throw result.error;
    currentModel = currentModel.fallback;
    series.resetForNextModel();
  }
}

let retryModule: Promise<typeof import('p-retry')> | undefined;

/**
 * Loads p-retry during the first request, to keep the import of core fast. A later load could fail: when requests fail, the process may
 * have no free file descriptor.
 */
function loadRetryModule(): Promise<typeof import('p-retry')> {
  retryModule ??= import('p-retry').catch((error: unknown) => {
    retryModule = undefined;
    throw error;
  });
  return retryModule;
}

/** All attempts at one request, over its model and the fallbacks. */
class AttemptSeries {
  readonly #request: ChatRequest;
  readonly #options: AttemptsOptions;
  readonly #context: ModelContext;
  readonly #source: CancellationSource;
  #attempt = 0;
  /** A stale connection is retried once. A second failure means that the server closes connections. */
  #hasResent = false;
  /** The time spent waiting for the server of the current model to load it. */
  #loadingMs = 0;
  /** The text about the mistake of the current model. */
  #correction: string | undefined;

  constructor(request: ChatRequest, options: AttemptsOptions) {
    this.#request = request;
    this.#options = options;
    this.#context = completeModelContext(options.context);
    this.#source = LazySignal.getSource(this.#context);
  }

  resetForNextModel(): void {
    this.#correction = undefined;
    this.#loadingMs = 0;
  }

  /** Makes the first attempt with a model. Rejects only if no attempt may follow. */
  start(model: ChatModel): Promise<AttemptResult | FailedTry> {
    this.#throwIfCancelled();
    return this.#runAttempt(model, 0);
  }

  /** Repeats the attempt with the same model after a failure that allows it. Returns the last failure if none succeeds. */
  async retry(model: ChatModel, { counted, retryInMs = 0 }: FailedTry): Promise<AttemptResult | FailedTry> {
    const { policy } = this.#options;
    let failures = counted ? 1 : 0;
    let pauseMs = retryInMs;
    const tryAgain = async (): Promise<AttemptResult> => {
      if (pauseMs > 0) await this.#context.clock.sleep(pauseMs, this.#context.signal);
      const result = await this.#runAttempt(model, failures);
      if (!(result instanceof FailedTry)) return result;
      if (result.counted) failures++;
      pauseMs = result.retryInMs ?? 0;
      throw result;
    };
    const { default: pRetry } = await loadRetryModule();
    try {
      return await pRetry(tryAgain, {
        // `#decideRetry` ends the attempts: p-retry must not end them earlier.
        retries: policy.maxAttempts,
        minTimeout: 0,
        signal: this.#context.signal,
        shouldConsumeRetry: ({ error }) => error instanceof FailedTry && error.counted,
        shouldRetry: ({ error }) => error instanceof FailedTry && error.retryInMs !== undefined,
      });
    } catch (error) {
      if (error instanceof FailedTry) return error;
      throw error;
    }
  }

  async #runAttempt(model: ChatModel, failures: number): Promise<AttemptResult | FailedTry> {
    const { policy, onAttempt, instrument, onFailure: onFailed } = this.#options;
    const context = this.#context;
    const { name, price } = model;
    const correction = this.#correction;
    const request = correction === undefined ? this.#request : withCorrection(this.#request, correction);
    const attempt: Attempt = {
      attempt: ++this.#attempt,
      model: name,
      price,
      ...(correction !== undefined && { correction }),
    };
    const notified = onAttempt?.(attempt);
    if (notified !== undefined) await notified;
    const sending = { request, context, timeoutMs: policy.attemptTimeoutMs };
    let decided: FailedTry | undefined;
    try {
      if (instrument === undefined)
        return { response: await sendOnce(model, sending), model, attempt: attempt.attempt };
      const send = (): Promise<ChatResponse> =>
        sendOnce(model, sending).catch((error: unknown) => {
          if (!isCancelled(this.#source)) decided = this.#decideRetry(error, failures);
          throw error;
        });
      const response = await instrument({ model, request, retryInMs: () => decided?.retryInMs }, send);
      return { response, model, attempt: attempt.attempt };
    } catch (error) {
      this.#throwIfCancelled();
      const failed = decided ?? this.#decideRetry(error, failures);
      const { retryInMs, counted } = failed;
      await onFailed?.({ ...attempt, error, ...(retryInMs !== undefined && { retryInMs }), counted });
      return failed;
    }
  }

  #throwIfCancelled(): void {
    if (isCancelled(this.#source)) throw this.#source.reason;
  }

  #decideRetry(error: unknown, failures: number): FailedTry {
    if (!this.#hasResent && isStale(error)) {
      this.#hasResent = true;
      return new FailedTry(error, { retryInMs: 0, counted: false });
    }
    const { policy, random } = this.#options;
    this.#correction = createCorrection(error) ?? this.#correction;
    const loadingMs = computeLoadingDelay(error, { policy, waitedMs: this.#loadingMs });
    if (loadingMs !== undefined) {
      this.#loadingMs += loadingMs;
      return new FailedTry(error, { retryInMs: loadingMs, counted: false });
    }
    return new FailedTry(error, {
      retryInMs: computeRetryDelay(error, { failures: failures + 1, policy, random }),
      counted: true,
    });
  }
}

interface RetryDecision {
  readonly retryInMs: number | undefined;
  readonly counted: boolean;
}

/** A failed attempt and the decision about it. An `Error`, because p-retry accepts nothing else. */
class FailedTry extends Error {
  readonly error: unknown;
  readonly retryInMs: number | undefined;
  readonly counted: boolean;

  constructor(error: unknown, { retryInMs, counted }: RetryDecision) {
    super('An attempt failed.');
    this.error = error;
    this.retryInMs = retryInMs;
    this.counted = counted;
  }
}

/** A fallback would hide a mistake of the developer. Compares the code, because another copy of core has another class. */
function isConfigError(error: unknown): boolean {
  return PawlError.isInstance(error) && error.code === 'config.invalid';
}

function isStale(error: unknown): boolean {
  return PawlError.isInstance(error) && 'staleSocket' in error && error.staleSocket === true;
}

/** When and how often a failed model request is repeated. */
export interface RetryPolicy {
  /** Attempts per model, including the first. @defaultValue 3 */
  readonly maxAttempts?: number;
  /** Maximum of the first delay. It doubles with each attempt; the delay is random between 0 and the maximum. @defaultValue 500 */
  readonly initialDelayMs?: number;
  /** Maximum of each delay. @defaultValue 30_000 */
  readonly maxDelayMs?: number;
  /**
   * If a server asks for a longer delay, the attempts end. Also the time to wait for a server that loads its model, at most 10 minutes.
   *
   * @defaultValue 60_000
   */
  readonly maxRetryAfterMs?: number;
  /** Time for one attempt. Does not count the time in which the reader of the run is behind. @defaultValue 600_000 */
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

/** @throws ConfigError if a number is out of range. */
export function resolveRetryPolicy(policy: RetryPolicy = {}): ResolvedRetryPolicy {
  const { maxAttempts = 3, maxDelayMs = 30_000, maxRetryAfterMs = 60_000, attemptTimeoutMs = 600_000 } = policy;
  const { initialDelayMs = Math.min(500, maxDelayMs) } = policy;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      Number.isInteger(maxAttempts) && maxAttempts >= 1,
      `maxAttempts is ${maxAttempts}. Pass a whole number of 1 or more.`,
    ],
    [isAtLeast(0, initialDelayMs), `initialDelayMs is ${initialDelayMs}. Pass milliseconds, 0 or more.`],
    [
      isAtLeast(initialDelayMs, maxDelayMs),
      `maxDelayMs is ${maxDelayMs}. Pass milliseconds, initialDelayMs (${initialDelayMs}) or more.`,
    ],
    [maxRetryAfterMs >= 0, `maxRetryAfterMs is ${maxRetryAfterMs}. Pass milliseconds, 0 or more, or Infinity.`],
    [attemptTimeoutMs > 0, `attemptTimeoutMs is ${attemptTimeoutMs}. Pass milliseconds above 0, or Infinity.`],
  ];
  for (const [isValid, problem] of checks) if (!isValid) throw new ConfigError(`The retry policy's ${problem}`);
  return { maxAttempts, initialDelayMs, maxDelayMs, maxRetryAfterMs, attemptTimeoutMs };
}

function isAtLeast(min: number, ms: number): boolean {
  return Number.isFinite(ms) && ms >= min;
}

interface SendOptions {
  readonly request: ChatRequest;
  readonly context: ModelContext;
  /** Does not count the time in which a reader is behind or a wrapper holds the request back. */
  readonly timeoutMs: number;
}

/** Makes one attempt. It ends at once when it is cancelled or times out; later reports of the model are ignored. */
async function sendOnce(model: ChatModel, { request, context, timeoutMs }: SendOptions): Promise<ChatResponse> {
  const { clock } = context;
  const response = await withDeadline((timed) => model.send(request, new AttemptContext(context, timed)), {
    clock,
    signal: LazySignal.getSource(context),
    timeoutMs,
    timeoutError: () => createAttemptTimeoutError(model.name, timeoutMs),
  });
  const failure = findFinishError(response);
  if (failure !== undefined) throw failure;
  return response;
}

/** The context of a model within one attempt. */
class AttemptContext extends LazySignal implements ModelContext {
  readonly clock: ModelContext['clock'];
  readonly runId: string;
  readonly path: string;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly turn: number;
  readonly attempt: number;
  readonly wireLog: ModelContext['wireLog'];
  // Own fields rather than methods, so that `{ ...context }` copies them.
  readonly onDelta: ModelContext['onDelta'];
  readonly onRepaired: ModelContext['onRepaired'];
  readonly waitFor: ModelContext['waitFor'];

  constructor(context: ModelContext, timed: TimedWork) {
    super(timed);
    withMemo(this, getMemo(context));
    this.clock = context.clock;
    this.runId = context.runId;
    this.path = context.path;
    this.traceparent = context.traceparent;
    this.tracestate = context.tracestate;
    this.turn = context.turn;
    this.attempt = context.attempt;
    this.wireLog = context.wireLog;
    const pauseDuring = createDeadlinePause(timed.deadline);
    const onDelta: ModelContext['onDelta'] = (delta) => {
      const wait = timed.isOver ? undefined : context.onDelta(delta);
      return wait && pauseDuring(wait);
    };
    const onRepaired: ModelContext['onRepaired'] = (repairs) => {
      if (!timed.isOver) context.onRepaired(repairs);
    };
    const waitFor: ModelContext['waitFor'] = (wait) => pauseDuring(context.waitFor(wait));
    // Assigned one by one: see `LazySignal`.
    this.onDelta = onDelta;
    this.onRepaired = onRepaired;
    this.waitFor = waitFor;
  }
}

function createAttemptTimeoutError(name: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `Model "${name}" did not respond in full within ${timeoutMs / 1000} s. If it needs more time, raise attemptTimeoutMs.`,
    { phase: 'attempt', timeoutMs },
  );
}

/** Returns a function that pauses the deadline during a wait. Several waits may overlap, because a model may emit deltas without waiting. */
function createDeadlinePause(deadline: Deadline): <T>(wait: Promise<T>) => Promise<T> {
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
