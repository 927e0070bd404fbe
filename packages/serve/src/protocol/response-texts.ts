import { type AssistantMessage, getMessageText } from '@pawl/core/chat';
import type { ModelRespondedEvent } from '@pawl/core/events';

/** Whether the response has no use: a guard rejected it, or it was cut off before its calls were whole. */
export function isVoid({ rejection, message, finishReason }: ModelRespondedEvent): boolean {
  return rejection !== undefined || (finishReason === 'length' && (message.tool_calls?.length ?? 0) > 0);
}

/** What a model wrote, in the order in which clients show it; `''` for what it did not write. */
export interface ResponseTexts {
  readonly reasoning: string;
  readonly text: string;
  readonly refusal: string;
}

export function readResponseTexts(message: AssistantMessage): ResponseTexts {
  const { content, refusal, reasoning_content, reasoning } = message;
  const parts = typeof content === 'string' ? [] : (content ?? []);
  const refused = parts.map((part) => ('refusal' in part ? part.refusal : '')).join('');
  return {
    reasoning: reasoning_content ?? reasoning ?? '',
    text: getMessageText(message),
    refusal: refusal ?? refused,
  };
}
