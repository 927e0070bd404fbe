import type { Json } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';

/** Thrown by a tool: its message goes to the model word for word. Any other error is told as `{"error": message}`. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** Thrown by a tool or a middleware: the run ends `aborted`, after every open call has been answered. */
export class AbortRun extends Error {
  override readonly name = 'AbortRun';
}

/** Thrown by a tool or a middleware: the run ends `refused` for this reason, after every open call has been answered. */
export class RefuseRun extends Error {
  override readonly name = 'RefuseRun';
  /** Who refuses. */
  readonly guard: string | undefined;

  constructor(reason: string, options: { readonly guard?: string } = {}) {
    super(reason);
    this.guard = checkOptions(options, REFUSE_RUN, 'RefuseRun').guard;
  }
}

/**
 * Thrown by a tool: its call waits for somebody outside, and the run is `suspended` when nothing else is left to do. The answer lets
 * it run again (`approve`), is its value (`reply`), or ends it (`deny`).
 */
export class SuspendRun extends Error {
  override readonly name = 'SuspendRun';
  /** What is shown to whoever answers. */
  readonly preview: Json;

  constructor(message: string, options: { readonly preview?: Json } = {}) {
    super(message);
    const { preview = message } = checkOptions(options, SUSPEND_RUN, 'SuspendRun');
    this.preview = preview;
  }
}

const REFUSE_RUN: OptionTable<{ readonly guard?: string }> = { keys: { guard: 'text' } };
const SUSPEND_RUN: OptionTable<{ readonly preview?: Json }> = { keys: { preview: 'any' } };

/** Whether an error is meant for the run, not for the model. */
export function endsRun(error: unknown): error is AbortRun | RefuseRun {
  return error instanceof AbortRun || error instanceof RefuseRun;
}
