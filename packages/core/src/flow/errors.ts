import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError } from '../base/errors.ts';
import type { ToolFailedEvent, ToolSkippedEvent } from '../event/journal-event.ts';

export interface CallErrorOptions {
  readonly tool: string;
  readonly reason: CallError['reason'];
  readonly content: string;
  readonly cause?: unknown;
}

/** A call by the code of a flow has no result: the tool failed, or the call was denied, cancelled or over a limit. */
export class CallError extends PawlError {
  override readonly name = 'CallError';
  readonly tool: string;
  /** As in the events `tool.failed` and `tool.skipped`. */
  readonly reason: ToolFailedEvent['reason'] | ToolSkippedEvent['reason'];
  /** What a model would read. */
  readonly content: string;

  constructor({ tool, reason, content, cause }: CallErrorOptions) {
    super(`The call of "${tool}" has no result (${reason}): ${content}`, { code: 'call.failed', cause });
    this.tool = tool;
    this.reason = reason;
    this.content = content;
    addBrand(this, 'CallError');
  }

  static override isInstance(error: unknown): error is CallError {
    return hasBrand(error, 'CallError');
  }
}
