import type { UserMessage } from '../chat/message.ts';
import type { Scope } from './scope.ts';

/** Tells what the user has said while the run was at work, as it is taken in. */
export function tellSteered(
  messages: readonly UserMessage[],
  { turn, scope }: { readonly turn: number; readonly scope: Scope },
): void {
  for (const message of messages) void scope.tell.notice({ type: 'user.steered', turn, message }); // No piece of a reply.
}
