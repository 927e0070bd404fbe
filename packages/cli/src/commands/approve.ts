import { answerCall } from '../answer-call.ts';
import type { CommandContext } from '../command-context.ts';

/** `pawl approve ID [CALL]` */
export function executeApprove(context: CommandContext): Promise<number> {
  return answerCall(context, {
    command: 'approve',
    question: 'Approve it?',
    build: (_, fingerprint) => ({ type: 'approve', fingerprint }),
  });
}
