import { type Clock, systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { endsRun, SuspendRun, ToolError } from './errors.ts';
import { checkTools, type Tool, type ToolContext } from './tool.ts';

export interface ToolRetry {
  /** How often a call is tried again. @defaultValue 2 */
  readonly retries?: number;
  /** Before the first of them, in milliseconds; each pause is twice the one before, less a random half. @defaultValue 200 */
  readonly pauseMs?: number;
  /** Whether trying again may help. @defaultValue for every error but a `ToolError`, which is meant for the model */
  readonly isWorthwhile?: (error: unknown) => boolean;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
  /** From 0 to 1. @defaultValue Math.random */
  readonly random?: () => number;
}

/**
 * The same tools, of which a call that throws is tried again, within its deadline and under its idempotency key. What is thrown last
 * is what the model is told.
 *
 * @throws ConfigError for a tool of effect `once`, which must never be repeated, and for numbers that are none.
 */
export function withRetry<Context>(tools: readonly Tool<Context>[], options: ToolRetry = {}): readonly Tool<Context>[] {
  const checked = checkOptions(options, TOOL_RETRY, 'withRetry');
  const { retries = 2, pauseMs = 200, isWorthwhile = isNoMessage, clock = systemClock, random = Math.random } = checked;
  checkTools(tools, 'withRetry');
  checkNumber('retries', retries);
  checkNumber('pauseMs', pauseMs);
  return tools.map((tool) => {
    checkRepeatable(tool);
    const { execute } = tool;
    return Object.freeze({
      ...tool,
      async execute(input: unknown, context: ToolContext<Context>) {
        for (let pause = pauseMs, left = retries; ; pause *= 2, left--) {
          try {
            return await execute(input, context);
          } catch (error) {
            if (left === 0 || context.signal.aborted || isMeant(error) || !isWorthwhile(error)) throw error;
            await clock.sleep(pause * (1 - random() / 2), context.signal);
          }
        }
      },
    });
  });
}

const TOOL_RETRY: OptionTable<ToolRetry> = {
  keys: { retries: 'number', pauseMs: 'number', isWorthwhile: 'function', clock: 'clock', random: 'function' },
  hints: {
    maxRetries: 'The option is "retries".',
    attempts: 'The option is "retries", the first attempt not included.',
    delayMs: 'The option is "pauseMs".',
    shouldRetry: 'The option is "isWorthwhile".',
  },
};

/** For the run: trying again can't be what is wanted. */
function isMeant(error: unknown): boolean {
  return endsRun(error) || error instanceof SuspendRun;
}

function isNoMessage(error: unknown): boolean {
  return !(error instanceof ToolError);
}

function checkRepeatable({ name, effect, delegate, isAnsweredOutside }: Tool): void {
  if (delegate !== undefined || isAnsweredOutside) {
    throw new ConfigError(`withRetry: tool "${name}" runs nothing of its own that could be tried again. Leave it out.`);
  }
  if (effect !== 'once') return;
  throw new ConfigError(
    `withRetry: tool "${name}" has effect "once", so that a call of it must not be repeated. Leave it out, or give it effect "read" or "idempotent" if that is true of it.`,
  );
}

function checkNumber(field: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new ConfigError(`withRetry: ${field} is ${value}. Pass a number of 0 or more.`);
}
