import type { Message } from '@pawl/core/chat';

/**
 * Takes the results of tools out of stored messages, as `toolOutput: 'status'` demands. The message with the files of results, which stands behind
 * them, is left out.
 */
export function hideToolOutputs(messages: readonly Message[], toolOutput: 'full' | 'status'): readonly Message[] {
  if (toolOutput === 'full') return messages;
  return messages.flatMap((message): readonly Message[] => {
    if (message.role === 'tool') return [{ ...message, content: '{"status":"finished"}' }];
    return message.role === 'user' && message.pawl_parts_of !== undefined ? [] : [message];
  });
}
