import { addBrand, hasBrand } from '../base/brand.ts';
import { HostError, PawlError, type PawlErrorOptions } from '../base/errors.ts';
import { plural } from '../base/text.ts';
import type { Message } from '../chat/message.ts';
import type { Outcome } from '../event/outcome.ts';

/** An answer that approves nothing: for another call, other arguments, or one that was answered already. */
export class ApprovalError extends PawlError {
  override readonly name = 'ApprovalError';

  constructor(message: string, options: PawlErrorOptions) {
    super(message, options);
    addBrand(this, 'ApprovalError');
  }

  static override isInstance(error: unknown): error is ApprovalError {
    return hasBrand(error, 'ApprovalError');
  }
}

export interface ConversationConflict<Output> {
  readonly conversationId: string;
  readonly outcome: Outcome<Output>;
  readonly added: readonly Message[];
}

/** A run has ended, others have written to its conversation meanwhile, and `onConflict` is `'fail'`: what `added` has was not stored there. */
export class ConversationError<Output = unknown> extends HostError {
  override readonly name = 'ConversationError';
  /** How the run ended. Its host has it as well. Not enumerable: printed or logged, it would be the whole conversation. */
  declare readonly outcome: Outcome<Output>;
  /** What the conversation does not have of the run: `chat.append(error.added)` puts it at the end. */
  readonly added: readonly Message[];

  constructor({ conversationId, outcome, added }: ConversationConflict<Output>) {
    super(
      `Run "${outcome.runId}" has ended, but conversation "${conversationId}" was gone on with meanwhile, and has none of what this run added (${plural(added.length, 'message')}). Append it: await chat.append(error.added). Do not run the input again: the run's tools have run.`,
      { code: 'conversation.conflict' },
    );
    Object.defineProperty(this, 'outcome', { value: outcome });
    this.added = added;
    addBrand(this, 'ConversationError');
  }

  static override isInstance(error: unknown): error is ConversationError {
    return hasBrand(error, 'ConversationError');
  }
}
