import { PawlError } from '../base/errors.ts';
import { shorten } from '../base/text.ts';
import type { Message } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';

/**
 * What the next attempt tells the model of its mistake; `undefined` if the error says nothing that helps it.
 *
 * By its fields and not its class, which is another one in a second copy of this package.
 */
export function correctionOf(error: unknown): string | undefined {
  if (!PawlError.isInstance(error) || error.code !== 'response.malformed' || !('failedGeneration' in error))
    return undefined;
  const { failedGeneration } = error;
  if (typeof failedGeneration !== 'string' || failedGeneration.trim() === '') return undefined;
  return `Your last response was discarded, because it could not be read:\n${shorten(failedGeneration, MAX_QUOTED)}\n${AGAIN}`;
}

const MAX_QUOTED = 2000;

const AGAIN =
  'Respond again. If you call a tool, call only tools that you were given, with arguments that are valid JSON and match the schema of the tool. If a JSON answer was asked for, respond with that JSON and nothing else.';

/**
 * The request with a correction at its end, for one attempt: the history does not hold it. It joins a last message of the user, since the
 * templates of some models refuse two in a row.
 */
export function withCorrection(request: ChatRequest, correction: string): ChatRequest {
  const { messages } = request;
  const last = messages.at(-1);
  const joined = last?.role === 'user' ? joinText(last, correction) : undefined;
  if (joined !== undefined) return { ...request, messages: [...messages.slice(0, -1), joined] };
  return { ...request, messages: [...messages, { role: 'user', content: correction }] };
}

function joinText(message: Extract<Message, { role: 'user' }>, text: string): Message {
  const { content } = message;
  if (typeof content === 'string') return { ...message, content: `${content}\n\n${text}` };
  return { ...message, content: [...content, { type: 'text', text }] };
}
