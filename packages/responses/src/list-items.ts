import { getMessageText, type Message, type ToolObject } from '@pawl/core/chat';
import { toContent } from './write-items.ts';

/** An item of a list: with an id and, if it has one, a status. */
export type ListedItem = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/**
 * Lists messages as the items of a list, such as that of the input of a response.
 *
 * @param createId - returns the id of the item at a place
 */
export function toListedItems(
  messages: readonly Message[],
  createId: (index: number) => string,
): readonly ListedItem[] {
  return messages.flatMap(toBodies).map((item, index) => ({ ...item, id: createId(index), status: 'completed' }));
}

function toBodies(message: Message): readonly (Readonly<Record<string, unknown>> & { readonly type: string })[] {
  switch (message.role) {
    case 'system':
    case 'developer':
    case 'user': {
      const { role, content } = message;
      const parts = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
      return [{ type: 'message', role, content: toContent(parts) }];
    }
    case 'assistant': {
      const text = getMessageText(message);
      const calls = (message.tool_calls ?? []).map((call) =>
        call.type === 'custom'
          ? { type: 'custom_tool_call', call_id: call.id, ...call.custom }
          : { type: 'function_call', call_id: call.id, ...call.function },
      );
      const content = [
        ...(text === '' ? [] : [{ type: 'output_text', text, annotations: [] }]),
        ...(message.refusal ? [{ type: 'refusal', refusal: message.refusal }] : []),
      ];
      return [...(content.length === 0 ? [] : [{ type: 'message', role: 'assistant', content }]), ...calls];
    }
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.tool_call_id, output: getMessageText(message) }];
    case 'function':
      return [];
  }
}

/** Lists tools that a caller executes as the response names them. */
export function toListedTools(
  tools: readonly ToolObject[],
): readonly { readonly type: string; readonly name: string }[] {
  return tools.map((tool) => {
    if (tool.type === 'custom') {
      const { name, description } = tool.custom;
      return { type: 'custom', name, ...(description !== undefined && { description }) };
    }
    const { name, description, parameters, strict } = tool.function;
    return {
      type: 'function',
      name,
      ...(description !== undefined && { description }),
      parameters: parameters ?? null,
      strict: strict ?? null,
    };
  });
}
