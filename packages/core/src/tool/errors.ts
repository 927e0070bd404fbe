import type { Json } from '../base/json.ts';

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

  constructor(reason: string, { guard }: { readonly guard?: string } = {}) {
    super(reason);
    this.guard = guard;
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

  constructor(message: string, { preview = message }: { readonly preview?: Json } = {}) {
    super(message);
    this.preview = preview;
  }
}

/** Whether an error is meant for the run, not for the model. */
export function endsRun(error: unknown): error is AbortRun | RefuseRun {
  return error instanceof AbortRun || error instanceof RefuseRun;
}
