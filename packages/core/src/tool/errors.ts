import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';

/** Thrown by a tool: its message goes to the model word for word. Any other error is told as `{"error": message}`. */
export class ToolError extends Error {
  override readonly name = 'ToolError';

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    addBrand(this, 'ToolError');
  }

  static isInstance(error: unknown): error is ToolError {
    return hasBrand(error, 'ToolError');
  }
}

/** Thrown by a tool or a middleware: the run ends `aborted`, after every open call has been answered. */
export class AbortRun extends PawlError {
  override readonly name = 'AbortRun';

  constructor(message = '', { cause }: ErrorOptions = {}) {
    super(message, { code: 'run.abort', cause });
    addBrand(this, 'AbortRun');
  }

  static override isInstance(error: unknown): error is AbortRun {
    return hasBrand(error, 'AbortRun');
  }
}

/** Thrown by a tool or a middleware: the run ends `refused` for this reason, after every open call has been answered. */
export class RefuseRun extends PawlError {
  override readonly name = 'RefuseRun';
  /** Who refuses. */
  readonly guard: string | undefined;

  constructor(reason: string, options: { readonly guard?: string } = {}) {
    super(reason, { code: 'run.refuse' });
    this.guard = checkOptions(options, REFUSE_RUN, 'RefuseRun').guard;
    addBrand(this, 'RefuseRun');
  }

  static override isInstance(error: unknown): error is RefuseRun {
    return hasBrand(error, 'RefuseRun');
  }
}

/**
 * Thrown by a tool: its call waits for somebody outside, and the run is `suspended` when nothing else is left to do. The answer lets
 * it run again (`approve`), is its value (`reply`), or ends it (`deny`).
 */
export class SuspendRun extends PawlError {
  override readonly name = 'SuspendRun';
  /** What is shown to whoever answers. */
  readonly preview: Json;

  constructor(message: string, options: { readonly preview?: Json } = {}) {
    super(message, { code: 'run.suspend' });
    const { preview = message } = checkOptions(options, SUSPEND_RUN, 'SuspendRun');
    this.preview = preview;
    addBrand(this, 'SuspendRun');
  }

  static override isInstance(error: unknown): error is SuspendRun {
    return hasBrand(error, 'SuspendRun');
  }
}

const REFUSE_RUN: OptionTable<{ readonly guard?: string }> = { keys: { guard: 'text' } };
const SUSPEND_RUN: OptionTable<{ readonly preview?: Json }> = { keys: { preview: 'any' } };

/** Whether an error is meant for the run, not for the model. */
export function isRunEndError(error: unknown): error is AbortRun | RefuseRun {
  return AbortRun.isInstance(error) || RefuseRun.isInstance(error);
}
