import { type AssistantMessage, getCallName, getMessageText, type Message, type ToolMessage } from '@pawl/core/chat';
import { parseOrText } from '../read-json.ts';
import { readCallInput } from './encode-response.ts';
import { toUserParts } from './to-user-parts.ts';
import type { UiMessage, UiPart, UiToolPart } from './ui-message.ts';

/**
 * Converts the messages of a conversation for `useChat`: `useChat({ messages: toUiMessages(await chat.getMessages()) })`.
 *
 * - Everything from one user message to the next is one assistant message, with a step for each response.
 * - A history has results as the text that the model read: a result that is JSON is parsed.
 * - The ids are those of the positions. They are equal each time, as long as the conversation only grows.
 */
export function toUiMessages(messages: readonly Message[]): UiMessage[] {
  const results = new Map(
    messages.flatMap((message) => (message.role === 'tool' ? [[message.tool_call_id, message]] : [])),
  );
  const shown: UiMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const id = `message-${index}`;
    if (message.role === 'user') shown.push({ id, role: 'user', parts: toUserParts(message) });
    if (message.role !== 'assistant') continue;
    const step = toStep(message, { index, results });
    const last = shown.at(-1);
    if (last?.role === 'assistant') shown[shown.length - 1] = { ...last, parts: [...last.parts, ...step] };
    else shown.push({ id, role: 'assistant', parts: step });
  }
  return shown;
}

interface StepContext {
  readonly index: number;
  readonly results: ReadonlyMap<string, ToolMessage>;
}

function toStep(message: AssistantMessage, { index, results }: StepContext): UiPart[] {
  const { content, refusal, reasoning_content, reasoning, tool_calls: calls = [] } = message;
  const texts =
    typeof content === 'string'
      ? [content]
      : (content ?? []).map((part) => ('text' in part ? part.text : part.refusal));
  const thought = reasoning_content ?? reasoning ?? '';
  const id = `${index}.reasoning`;
  return [
    { type: 'step-start' },
    ...(thought === '' ? [] : [{ type: 'reasoning', id, text: thought, state: 'done' } as const]),
    ...[texts.join(''), refusal ?? ''].flatMap((text): readonly UiPart[] =>
      text === '' ? [] : [{ type: 'text', text, state: 'done' }],
    ),
    ...calls.map((call): UiToolPart => {
      const part = {
        type: 'dynamic-tool',
        toolName: getCallName(call),
        toolCallId: call.id,
        input: readCallInput(call),
      } as const;
      const result = results.get(call.id);
      if (result === undefined) return { ...part, state: 'input-available' };
      return { ...part, state: 'output-available', output: parseOrText(getMessageText(result)) };
    }),
  ];
}
