import { PawlError } from '../base/errors.ts';
import { shorten } from '../base/text.ts';
import type { Message } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';

/**
 * Creates the text that tells the model its mistake in the next attempt. Returns `undefined` if the error does not contain the mistake.
 *
 * Reads fields rather than the class, because another copy of core has another class.
 */
export function createCorrection(error: unknown): string | undefined {
  if (!PawlError.isInstance(error) || error.code !== 'response.malformed' || !('failedGeneration' in error))
    return undefined;
  const { failedGeneration } = error;
  if (typeof failedGeneration !== 'string' || failedGeneration.trim() === '') return undefined;
  return `Your last response was invalid and was discarded:\n${shorten(failedGeneration, MAX_QUOTED)}\n${INSTRUCTION}`;
}

const MAX_QUOTED = 2000;

const INSTRUCTION =
  'Respond again. Call only tools that you were given. Write arguments as valid JSON that matches the schema of the tool. If a JSON answer is required, respond with that JSON and nothing else.';

/**
 * Returns the request with a correction at its end. The history does not contain it. It is appended to a last user message, because the
 * templates of some models refuse two user messages in a row.
 */
export function withCorrection(request: ChatRequest, correction: string): ChatRequest {
  const { messages } = request;
  const last = messages.at(-1);
  const extended = last?.role === 'user' ? appendText(last, correction) : undefined;
  if (extended !== undefined) return { ...request, messages: [...messages.slice(0, -1), extended] };
  return { ...request, messages: [...messages, { role: 'user', content: correction }] };
}

function appendText(message: Extract<Message, { role: 'user' }>, text: string): Message {
  const { content } = message;
  if (typeof content === 'string') return { ...message, content: `${content}\n\n${text}` };
  return { ...message, content: [...content, { type: 'text', text }] };
}
