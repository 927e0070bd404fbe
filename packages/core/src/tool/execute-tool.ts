import { addBrand, hasBrand } from '../base/brand.ts';
import type { CancellationSource } from '../base/cancellation.ts';
import type { Clock } from '../base/clock.ts';
import { type TimedWork, withDeadline } from '../base/deadline.ts';
import { PawlError } from '../base/errors.ts';
import type { Tool } from './tool.ts';
import type { ToolContext } from './tool-context.ts';
import { type ToolResult, toResult } from './tool-result.ts';

/** The tool did not finish before its deadline. */
export class ToolTimeoutError extends PawlError {
  override readonly name = 'ToolTimeoutError';
  readonly timeoutMs: number;

  constructor(tool: string, timeoutMs: number) {
    super(
      `Tool "${tool}" timed out after ${timeoutMs / 1000} s. Raise its timeoutMs, or let it stop when its signal is aborted.`,
      {
        code: 'tool.timeout',
      },
    );
    this.timeoutMs = timeoutMs;
    addBrand(this, 'ToolTimeoutError');
  }

  static override isInstance(error: unknown): error is ToolTimeoutError {
    return hasBrand(error, 'ToolTimeoutError');
  }
}

export interface ExecuteToolOptions {
  /** The run's signal. The call is also cancelled at its own deadline. */
  readonly signal: CancellationSource;
  readonly makeContext: (timed: TimedWork) => ToolContext<never>;
  readonly clock: Clock;
  /** Called once if a cancelled call settles later. */
  readonly onLateResult: (settled: PromiseSettledResult<unknown>) => void;
}

/**
 * Runs a tool with validated input, under the tool's deadline.
 *
 * Rejects with the tool's error, with `ToolTimeoutError`, or with the signal's reason. The last two reject at once, even if the tool
 * ignores its signal.
 */
export function executeTool(tool: Tool, input: unknown, options: ExecuteToolOptions): Promise<ToolResult> {
  const { makeContext, clock, signal, onLateResult } = options;
  const value = withDeadline<unknown>((timed) => tool.execute(input, makeContext(timed)), {
    clock,
    signal,
    timeoutMs: tool.timeoutMs,
    timeoutError: () => new ToolTimeoutError(tool.name, tool.timeoutMs),
    onLateResult: onLateResult,
  });
  return value.then((settled) => toResult(settled, { maxLength: tool.maxResultLength }));
}
