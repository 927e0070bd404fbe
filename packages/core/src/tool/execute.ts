import { addBrand, hasBrand } from '../base/brand.ts';
import type { CancellationSource } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { type TimedWork, withDeadline } from '../base/deadline.ts';
import { PawlError } from '../base/errors.ts';
import { type ToolResult, toResult } from './result.ts';
import type { Tool, ToolContext } from './tool.ts';

/** A tool did not settle within its deadline. */
export class ToolTimeoutError extends PawlError {
  override readonly name = 'ToolTimeoutError';
  readonly timeoutMs: number;

  constructor(tool: string, timeoutMs: number) {
    super(`Tool "${tool}" timed out after ${timeoutMs / 1000} s. Raise its timeoutMs, or let it heed its signal.`, {
      code: 'tool.timeout',
    });
    this.timeoutMs = timeoutMs;
    addBrand(this, 'ToolTimeoutError');
  }

  static override isInstance(error: unknown): error is ToolTimeoutError {
    return hasBrand(error, 'ToolTimeoutError');
  }
}

export interface ExecuteOptions {
  /** Of the run: the call is cancelled at its deadline as well. */
  readonly signal: CancellationSource;
  readonly contextWithin: (timed: TimedWork) => ToolContext<never>;
  readonly clock: Clock;
  /** Told once when a call that was given up settles after all. */
  readonly late: (settled: PromiseSettledResult<unknown>) => void;
}

/**
 * Runs a tool on an input that passed its schema, under the tool's deadline.
 *
 * Rejects with what the tool threw, with `ToolTimeoutError`, or with the signal's reason: at once, in the last two
 * cases, also where the tool ignores its signal.
 */
export function execute(tool: Tool, input: unknown, options: ExecuteOptions): Promise<ToolResult> {
  const { contextWithin, clock, signal, late } = options;
  const done = withDeadline<unknown>((timed) => tool.execute(input, contextWithin(timed)), {
    clock,
    signal,
    timeoutMs: tool.timeoutMs,
    timeoutError: () => new ToolTimeoutError(tool.name, tool.timeoutMs),
    onLateResult: late,
  });
  return done.then((value) => toResult(value, { maxLength: tool.maxResultLength }));
}
