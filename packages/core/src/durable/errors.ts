import { PawlError } from '../base/errors.ts';

/** An answer that approves nothing: for another call, other arguments, or one that was answered already. */
export class ApprovalError extends PawlError {
  override readonly name = 'ApprovalError';
}
