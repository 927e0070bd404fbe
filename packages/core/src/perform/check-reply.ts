import { ConfigError } from '../base/errors.ts';
import type { ChatReply } from '../chat/reply.ts';

/** Where types are not checked, who answers may have forgotten to. @throws ConfigError */
export function checkReply(reply: ChatReply | undefined, by: string): void {
  if (reply?.choices?.[0]?.message !== undefined) return;
  throw new ConfigError(
    `${by} gave no reply. Return { choices: [{ message, finish_reason }] }, or what next(request) gave.`,
  );
}
