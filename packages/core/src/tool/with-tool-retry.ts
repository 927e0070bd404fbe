import { type Clock, systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { isRunEndError, SuspendRun, ToolError, UnknownOutcomeError } from './errors.ts';
import type { RunChild } from './runnable.ts';
import { checkTools, type Tool } from './tool.ts';
import type { ToolContext } from './tool-context.ts';

export interface ToolRetry {
  /** How often a failed call is repeated. @defaultValue 2 */
  readonly maxRetries?: number;
  /** The delay before the first retry, in milliseconds. It doubles with each retry, and a random part of up to half is subtracted. @defaultValue 200 */
  readonly delayMs?: number;
  /** Whether to repeat the call after an error. @defaultValue every error but a `ToolError`, which is for the model. An `UnknownOutcomeError` and the errors that control the run never repeat a call */
  readonly shouldRetry?: (error: unknown) => boolean;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
  /** Returns a number from 0 to 1. @defaultValue Math.random */
  readonly random?: () => number;
}

/**
 * Returns the tools with retries: a call that throws is repeated within its deadline, with the same idempotency key. The model reads
 * the last error.
 *
 * @throws ConfigError if a tool has effect `non-idempotent`, because its calls must not be repeated, or if a number is invalid.
 */
export function withToolRetry<T extends Tool<never>>(tools: readonly T[], options: ToolRetry = {}): readonly T[] {
  const checked = checkOptions(options, TOOL_RETRY, 'withToolRetry');
  const {
    maxRetries = 2,
    delayMs = 200,
    shouldRetry = isNotToolError,
    clock = systemClock,
    random = Math.random,
  } = checked;
  checkTools(tools, 'withToolRetry');
  checkNumber('maxRetries', maxRetries);
  checkNumber('delayMs', delayMs);
  return tools.map((tool) => {
    checkRepeatable(tool);
    const { execute } = tool;
    return Object.freeze({
      ...tool,
      async execute(input: unknown, context: ToolContext<never>) {
        for (let delay = delayMs, left = maxRetries; ; delay *= 2, left--) {
          try {
            return await execute(input, left === maxRetries ? context : renameSteps(context, maxRetries - left));
          } catch (error) {
            if (left === 0 || context.signal.aborted || isForRun(error) || !shouldRetry(error)) throw error;
            await clock.sleep(delay * (1 - random() / 2), context.signal);
          }
        }
      },
    });
  });
}

/** Gives the runs that a repeated attempt begins names of their own: those of the attempt before have ended. */
function renameSteps(context: ToolContext<never>, retry: number): ToolContext<never> {
  const run: RunChild<never> = (agent, input, options) =>
    context.run(agent, input, { ...options, step: `${options.step}-retry-${retry}` });
  return { ...context, run };
}

const TOOL_RETRY: OptionTable<ToolRetry> = {
  keys: { maxRetries: 'number', delayMs: 'number', shouldRetry: 'function', clock: 'clock', random: 'function' },
  hints: {
    retries: 'The option is "maxRetries".',
    attempts: 'The option is "maxRetries", the first attempt not included.',
    pauseMs: 'The option is "delayMs".',
    isWorthwhile: 'The option is "shouldRetry".',
  },
};

/** Whether an error controls the run, or says that a repeated call could do harm. */
function isForRun(error: unknown): boolean {
  return isRunEndError(error) || SuspendRun.isInstance(error) || UnknownOutcomeError.isInstance(error);
}

function isNotToolError(error: unknown): boolean {
  return !ToolError.isInstance(error);
}

function checkRepeatable({ name, effect, delegate, hasExternalResult }: Tool): void {
  if (delegate !== undefined || hasExternalResult) {
    throw new ConfigError(`withToolRetry: tool "${name}" runs no code of its own that could be repeated. Omit it.`);
  }
  if (effect !== 'non-idempotent') return;
  throw new ConfigError(
    `withToolRetry: tool "${name}" has effect "non-idempotent", so its calls must not be repeated. Omit it, or set effect "read" or "idempotent" if that is true.`,
  );
}

function checkNumber(field: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new ConfigError(`withToolRetry: ${field} is ${value}. Pass a number of 0 or more.`);
}
