import { answerCall } from '../answer-call.ts';
import type { CommandContext } from '../command-context.ts';

/** `pawl approve ID [CALL] [--always]` */
export function executeApprove(context: CommandContext): Promise<number> {
  const isAlways = context.args.hasFlag('always');
  return answerCall(context, {
    command: 'approve',
    question: isAlways ? 'Approve it, and later ones?' : 'Approve it?',
    build: (_, fingerprint) => ({ type: 'approve', fingerprint, ...(isAlways && { always: true }) }),
  });
}
