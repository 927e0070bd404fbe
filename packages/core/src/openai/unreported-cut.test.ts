import { expect, test } from 'vitest';
import type { AssistantMessage } from '../chat/message.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { FinishReason } from '../chat/response.ts';
import type { FinishedResponse } from '../chat/response-reader.ts';
import { PROFILES } from './profiles.ts';
import { markUnreportedCut } from './unreported-cut.ts';

const CAP = 20;

interface Finished {
  readonly message?: Partial<AssistantMessage>;
  readonly finishReason?: FinishReason | null;
}

function finished({ message, finishReason = 'stop' }: Finished): FinishedResponse {
  const choice = {
    index: 0,
    message: { role: 'assistant' as const, content: null, ...message },
    finish_reason: finishReason,
  };
  const usage = { prompt_tokens: 1, completion_tokens: CAP, total_tokens: CAP + 1 };
  return { response: { object: 'chat.completion', choices: [choice], usage }, repairs: [], deltas: [] };
}

function marked(given: Finished, request: Partial<ChatRequest> = {}): FinishedResponse {
  const sent = { model: 'm', messages: [], max_completion_tokens: CAP, ...request };
  return markUnreportedCut(finished(given), { request: sent, profile: PROFILES.openai });
}

test('reports the original finish reason, its place, and why the response counts as cut', () => {
  expect(marked({})).toEqual({
    ...finished({ finishReason: 'length' }),
    repairs: [
      { path: 'choices[0].finish_reason', note: '"stop" at the cap of 20 tokens, and it has no text: now "length"' },
    ],
  });
  expect(marked({ finishReason: null }).repairs).toEqual([
    { path: 'choices[0].finish_reason', note: 'null at the cap of 20 tokens, and it has no text: now "length"' },
  ]);
});

test.each([
  ['is reported as a cut', 'length'],
  ['was filtered', 'content_filter'],
  ['failed', 'error'],
])('leaves a response unchanged that %s', (_, reason) => {
  const given = { finishReason: reason as FinishReason }; // A server may send an undocumented value.
  expect(marked(given)).toEqual(finished(given));
});

test.each<[string, Partial<AssistantMessage>]>([
  ['is refused', { refusal: 'No.' }],
  ['is audio', { audio: { id: 'a' } }],
  ['is a text, even with an open bracket', { content: 'See (a) and [b' }],
])('leaves a response unchanged that %s', (_, message) => {
  expect(marked({ message })).toEqual(finished({ message }));
});

test.each([
  ['an object that is open', '{"city":"Oslo"', 'length'],
  ['a list that is open', '["Oslo"', 'length'],
  ['a text that is open', '{"city":"Oslo\\"}', 'length'],
  ['whole JSON', '{"city":"Oslo"}', 'stop'],
  ['a list with words after it', '["Oslo"] and more', 'stop'],
  ['no JSON, with an escaped quote', '{"ab": "c\\"", d}', 'stop'],
])('reads %s requested as JSON: %s ends with %s', (_, content, reason) => {
  const format = { type: 'json_object' } as const;
  const { response } = marked({ message: { content } }, { response_format: format });
  expect(response.choices[0].finish_reason).toBe(reason);
});
