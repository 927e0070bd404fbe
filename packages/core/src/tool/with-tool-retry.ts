import { type Clock, systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { isRunEndError, SuspendRun, ToolError } from './errors.ts';
import { checkTools, type Tool, type ToolContext } from './tool.ts';

export interface ToolRetry {
  /** How often a call is tried again. @defaultValue 2 */
  readonly maxRetries?: number;
  /** Before the first of them, in milliseconds; each pause is twice the one before, less a random half. @defaultValue 200 */
  readonly delayMs?: number;
  /** Whether trying again may help. @defaultValue for every error but a `ToolError`, which is meant for the model */
  readonly shouldRetry?: (error: unknown) => boolean;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
  /** From 0 to 1. @defaultValue Math.random */
  readonly random?: () => number;
}

/**
 * The same tools, of which a call that throws is tried again, within its deadline and under its idempotency key. What is thrown last
 * is what the model is told.
 *
 * @throws ConfigError for a tool of effect `non-idempotent`, which must never be repeated, and for numbers that are none.
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
            return await execute(input, context);
          } catch (error) {
            if (left === 0 || context.signal.aborted || isForRun(error) || !shouldRetry(error)) throw error;
            await clock.sleep(delay * (1 - random() / 2), context.signal);
          }
        }
      },
    });
  });
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

/** For the run: trying again can't be what is wanted. */
function isForRun(error: unknown): boolean {
  return isRunEndError(error) || SuspendRun.isInstance(error);
}

function isNotToolError(error: unknown): boolean {
  return !ToolError.isInstance(error);
}

function checkRepeatable({ name, effect, delegate, hasExternalResult }: Tool): void {
  if (delegate !== undefined || hasExternalResult) {
    throw new ConfigError(
      `withToolRetry: tool "${name}" runs nothing of its own that could be tried again. Leave it out.`,
    );
  }
  if (effect !== 'non-idempotent') return;
  throw new ConfigError(
    `withToolRetry: tool "${name}" has effect "non-idempotent", so that a call of it must not be repeated. Leave it out, or give it effect "read" or "idempotent" if that is true of it.`,
  );
}

function checkNumber(field: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new ConfigError(`withToolRetry: ${field} is ${value}. Pass a number of 0 or more.`);
}
