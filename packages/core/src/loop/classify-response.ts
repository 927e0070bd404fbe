import { readFinishKind } from '../chat/finish-reason.ts';
import { type AssistantMessage, getMessageText } from '../chat/message.ts';
import type { FinishReason } from '../chat/response.ts';

/** What a response contains. Only `calls`, `text` and `refused` responses enter the history. */
export type ResponseKind = 'calls' | 'text' | 'refused' | 'filtered' | 'cut' | 'truncated' | 'empty';

/**
 * Classifies a response by its tool calls, never by the finish reason alone: servers report different reasons for them. No call of
 * a response that was cut, filtered or refused runs, whatever finish reason a custom model reports.
 */
export function classifyResponse(message: AssistantMessage, finishReason: FinishReason | null): ResponseKind {
  const kind = readFinishKind(finishReason);
  if (kind === 'filtered') return 'filtered';
  if (readRefusal(message) !== '') return 'refused';
  const hasCalls = (message.tool_calls?.length ?? 0) > 0;
  if (kind === 'cut' || kind === 'failed') return hasCalls ? 'cut' : 'truncated';
  if (hasCalls) return 'calls';
  return getMessageText(message).trim() === '' ? 'empty' : 'text';
}

/** Reads the text of a refusal from the field `refusal` or from the content parts. */
export function readRefusal({ refusal, content }: AssistantMessage): string {
  if (typeof refusal === 'string' && refusal !== '') return refusal;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('');
}
