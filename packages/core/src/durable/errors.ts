import { DurableError, PawlError } from '../base/errors.ts';
import { plural } from '../base/text.ts';
import type { Message } from '../chat/message.ts';
import type { Outcome } from '../event/outcome.ts';

/** An answer that approves nothing: for another call, other arguments, or one that was answered already. */
export class ApprovalError extends PawlError {
  override readonly name = 'ApprovalError';
}

export interface Unkept<Output> {
  readonly conversationId: string;
  readonly outcome: Outcome<Output>;
  readonly added: readonly Message[];
}

/** A run has ended, and its conversation was gone on with by somebody else meanwhile. Nothing of it was stored there. */
export class ConversationError<Output = unknown> extends DurableError {
  override readonly name = 'ConversationError';
  /** How the run ended. Its host has it as well. Not enumerable: printed or logged, it would be the whole conversation. */
  declare readonly outcome: Outcome<Output>;
  /** What the conversation does not have of the run: `chat.append(error.added)` puts it at the end. */
  readonly added: readonly Message[];

  constructor({ conversationId, outcome, added }: Unkept<Output>) {
    super(
      `Run "${outcome.runId}" has ended, but conversation "${conversationId}" was gone on with meanwhile, and is without what this run said (${plural(added.length, 'message')}). Run the input again, or append error.added to the conversation.`,
      { code: 'conversation.conflict' },
    );
    Object.defineProperty(this, 'outcome', { value: outcome });
    this.added = added;
  }
}
