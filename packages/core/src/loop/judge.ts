import { readFinishKind } from '../chat/finish-reason.ts';
import { type AssistantMessage, getMessageText } from '../chat/message.ts';
import type { FinishReason } from '../chat/response.ts';

/** What a reply amounts to. Only `calls`, `text` and `refused` become history. */
export type Verdict = 'calls' | 'text' | 'refused' | 'filtered' | 'cut' | 'truncated' | 'empty';

/**
 * Calls are judged by their presence, never by the finish reason alone: servers differ in what they call it. No call runs
 * from a response that was cut, filtered or refused, whatever a hand-written model calls that.
 */
export function judge(message: AssistantMessage, finishReason: FinishReason | null): Verdict {
  const kind = readFinishKind(finishReason);
  if (kind === 'filtered') return 'filtered';
  if (refusalOf(message) !== '') return 'refused';
  const hasCalls = (message.tool_calls?.length ?? 0) > 0;
  if (kind === 'cut' || kind === 'failed') return hasCalls ? 'cut' : 'truncated';
  if (hasCalls) return 'calls';
  return getMessageText(message).trim() === '' ? 'empty' : 'text';
}

/** A refusal's text: the message's own, or its refusal parts. */
export function refusalOf({ refusal, content }: AssistantMessage): string {
  if (typeof refusal === 'string' && refusal !== '') return refusal;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('');
}
