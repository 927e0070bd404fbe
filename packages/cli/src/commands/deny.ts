import { answerCall } from '../answer-call.ts';
import type { CommandContext } from '../command-context.ts';

/** `pawl deny ID [CALL] --reason TEXT` */
export function executeDeny(context: CommandContext): Promise<number> {
  const reason = context.args.getText('reason');
  return answerCall(context, {
    command: 'deny',
    question: 'Deny it?',
    build: (_, fingerprint) => ({ type: 'deny', fingerprint, ...(reason !== undefined && { reason }) }),
  });
}
