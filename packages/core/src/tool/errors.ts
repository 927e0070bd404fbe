import { addBrand, hasBrand } from '../base/brand.ts';
import { copyJson } from '../base/copy-json.ts';
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

export interface SuspendRunOptions {
  /** What the person who answers is shown. @defaultValue the message */
  readonly preview?: Json;
  /**
   * What the tool needs to go on. It is recorded on `approval.requested`; neither the model nor the person who answers gets it.
   *
   * @defaultValue no state: the call can be approved, and its tool starts from the beginning
   */
  readonly state?: Json;
}

/**
 * Thrown by a tool: its call waits for an answer from outside. The run is `suspended` when no other work is left. The answer repeats
 * the call (`approve`), is its result (`result`), or denies it (`deny`).
 *
 * With a `state` the call accepts only `resume` with a value, and `deny`. After `resume` the tool runs again, with the state and the value
 * in `toolContext.resumeData`, and may suspend the call again.
 *
 * @throws ConfigError if `state` is not JSON
 */
export class SuspendRun extends PawlError {
  override readonly name = 'SuspendRun';
  /** What the person who answers is shown. */
  readonly preview: Json;
  /** What the tool needs to go on. */
  readonly state: Json | undefined;

  constructor(message: string, options: SuspendRunOptions = {}) {
    super(message, { code: 'run.suspend' });
    const { preview = message, state } = checkOptions(options, SUSPEND_RUN, 'SuspendRun');
    this.preview = preview;
    this.state = state === undefined ? undefined : copyJson(state, { where: 'SuspendRun', name: 'state' });
    addBrand(this, 'SuspendRun');
  }

  static override isInstance(error: unknown): error is SuspendRun {
    return hasBrand(error, 'SuspendRun');
  }
}

const REFUSE_RUN: OptionTable<{ readonly guard?: string }> = { keys: { guard: 'text' } };
const SUSPEND_RUN: OptionTable<SuspendRunOptions> = { keys: { preview: 'any', state: 'any' } };

/** Whether an error ends the run instead of being a result for the model. */
export function isRunEndError(error: unknown): error is AbortRun | RefuseRun {
  return AbortRun.isInstance(error) || RefuseRun.isInstance(error);
}
