import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';

/** Thrown by a tool: the model reads its message unchanged. Other errors reach the model as `{"error": message}`. */
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

/**
 * Thrown by a tool that cannot know whether its call had its effect, for example because a connection broke after the request was
 * sent. The tool's `onUnknownOutcome` decides as after a crash. Without it the call fails with the reason `unknown_outcome`, and the
 * model reads the message and a warning not to repeat the call unchecked. `withToolRetry` does not repeat it.
 */
export class UnknownOutcomeError extends PawlError {
  override readonly name = 'UnknownOutcomeError';

  constructor(message: string, { cause }: ErrorOptions = {}) {
    super(message, { code: 'tool.unknown_outcome', cause });
    addBrand(this, 'UnknownOutcomeError');
  }

  static override isInstance(error: unknown): error is UnknownOutcomeError {
    return hasBrand(error, 'UnknownOutcomeError');
  }
}

/** Thrown by a tool or middleware: ends the run as `aborted`, after every open call has a result. */
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

/** Thrown by a tool or middleware: ends the run as `refused` with this reason, after every open call has a result. */
export class RefuseRun extends PawlError {
  override readonly name = 'RefuseRun';
  /** The name of the guard that refuses. */
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
 * Thrown by a tool: its call waits for an answer from outside. The run is `suspended` when no other work is left. The answer repeats
 * the call (`approve`), is its result (`result`), or denies it (`deny`).
 */
export class SuspendRun extends PawlError {
  override readonly name = 'SuspendRun';
  /** What the person who answers is shown. @defaultValue the message */
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

/** Whether an error ends the run instead of being a result for the model. */
export function isRunEndError(error: unknown): error is AbortRun | RefuseRun {
  return AbortRun.isInstance(error) || RefuseRun.isInstance(error);
}
