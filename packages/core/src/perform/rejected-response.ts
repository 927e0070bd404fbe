import type { ChatReply } from '../chat/reply.ts';
import type { Rejection } from '../event/rejection.ts';

/** Thrown by an output guard in place of a response that the run must not use. The loop asks again, or refuses the run. */
export class RejectedResponse extends Error {
  override readonly name = 'RejectedResponse';
  readonly reply: ChatReply;
  readonly rejection: Rejection;

  constructor(reply: ChatReply, rejection: Rejection) {
    super(rejection.reason);
    this.reply = reply;
    this.rejection = rejection;
  }
}
