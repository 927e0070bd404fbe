import { getCallArguments, getCallName, getMessageText, type Message } from '@pawl/core/chat';
import { readResponseTexts } from '../response-texts.ts';
import type { AgUiMessage } from './ag-ui-event.ts';
import { toUserContent } from './thread-messages.ts';

/**
 * Converts the messages of a conversation for an AG-UI client: `new HttpAgent({ initialMessages: toAgUiMessages(await chat.getMessages()) })`. Without
 * system messages. The ids are those of the positions: they are equal each time, as long as the conversation only grows.
 */
export function toAgUiMessages(messages: readonly Message[]): AgUiMessage[] {
  return messages.flatMap((message, index) => toMessages(message, `message-${index}`));
}

function toMessages(message: Message, id: string): readonly AgUiMessage[] {
  switch (message.role) {
    case 'user':
      return [{ id, role: 'user', content: toUserContent(message) }];
    case 'assistant': {
      const { reasoning, text, refusal } = readResponseTexts(message);
      const toolCalls = (message.tool_calls ?? []).map((call) => {
        return {
          id: call.id,
          type: 'function',
          function: { name: getCallName(call), arguments: getCallArguments(call) },
        } as const;
      });
      const content = text + refusal;
      return [
        ...(reasoning === '' ? [] : [{ id: `${id}.reasoning`, role: 'reasoning', content: reasoning } as const]),
        { id, role: 'assistant', ...(content !== '' && { content }), ...(toolCalls.length > 0 && { toolCalls }) },
      ];
    }
    case 'tool':
      return [{ id, role: 'tool', toolCallId: message.tool_call_id, content: getMessageText(message) }];
    default:
      return [];
  }
}
