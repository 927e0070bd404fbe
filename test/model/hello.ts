import type { ChatResponse } from '@pawl/core/chat';
import { type Responder, respondWithEvents, respondWithJson } from './test-server.ts';

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const head = { id: 'r1', model: 'gpt-x' };

/** A response after reading. */
export const hello: ChatResponse = {
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage,
};

/** The same as chunks. */
export const helloChunks: readonly object[] = [
  { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' } }] },
  { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'lo' } }] },
  { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  { ...head, object: 'chat.completion.chunk', choices: [], usage },
];

export const helloJson: Responder = respondWithJson(hello);

export const helloEvents: Responder = respondWithEvents(...helloChunks, '[DONE]');
