import { addBrand, hasBrand } from '../base/brand.ts';
import { HostError, PawlError, type PawlErrorOptions } from '../base/errors.ts';
import { pluralize } from '../base/text.ts';
import type { Message } from '../chat/message.ts';
import type { Outcome } from '../event/outcome.ts';

/** A pending call refused an answer, for example because it is unknown, already answered, expired, or has another fingerprint. Nothing was approved. */
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

/** A run with `onConflict: 'fail'` has ended, but others have written to its conversation since it began. The messages in `added` were not stored there. */
export class ConversationError<Output = unknown> extends HostError {
  override readonly name = 'ConversationError';
  /** How the run ended, as its host stores it. Not enumerable, so that a printed error does not contain the whole conversation. */
  declare readonly outcome: Outcome<Output>;
  /** The run's messages that the conversation lacks: `chat.append(error.added)` appends them. */
  readonly added: readonly Message[];

  constructor({ conversationId, outcome, added }: ConversationConflict<Output>) {
    super(
      `Run "${outcome.runId}" has ended, but others have written to conversation "${conversationId}" in the meantime, so the messages of this run (${pluralize(added.length, 'message')}) were not stored there. Append them: await chat.append(error.added). Do not run the input again: the run's tools have run.`,
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
