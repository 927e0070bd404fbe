import { answerCall } from '../answer-call.ts';
import type { CommandContext } from '../command-context.ts';
import { parseJson } from '../parse-json.ts';

/** `pawl answer ID CALL --value JSON` */
export async function executeAnswer(context: CommandContext): Promise<number> {
  const value = parseJson(context.args.getText('value'), '--value');
  return answerCall(context, {
    command: 'answer',
    question: `Answer with ${JSON.stringify(value)}?`,
    build: ({ accepts }, fingerprint) => ({
      type: accepts.includes('resume') ? 'resume' : 'result',
      fingerprint,
      value,
    }),
  });
}
