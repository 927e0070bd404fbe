import { expect, test } from 'vitest';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import { computeUsage, estimateDiscardedUsage, estimatePrompt } from './estimate.ts';

const request: ChatRequest = { messages: [{ role: 'user', content: 'x'.repeat(350) }] };
const price = { input: 10, output: 20, cachedInput: 5 };

test.each([
  ['only the list of tools', { messages: [] }, 1],
  ['a text', request, 105],
  ['parts of text', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(350) }] }] }, 105],
  [
    'the arguments of calls',
    {
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: 'x'.repeat(350) } }],
        },
      ],
    },
    105,
  ],
] as readonly (readonly [string, ChatRequest, number])[])('a prompt is estimated by %s', (_, given, tokens) => {
  expect(estimatePrompt(given)).toBe(tokens);
});

test('the estimate grows with the tools', () => {
  const tools = [{ type: 'function', function: { name: 'look_up', description: 'x'.repeat(350) } }] as const;
  expect(estimatePrompt({ ...request, tools })).toBeGreaterThan(estimatePrompt(request) + 100);
});

test.each([
  ['English', 'The weather in Oslo is going to be sunny all day long.', 12],
  ['Chinese', '奥斯陆今天全天晴朗，最高气温二十度。', 14],
  ['Russian', 'Сегодня в Осло весь день будет солнечно и тепло.', 13],
  ['emoji', '☀️🌧️⛈️🌤️', 10],
])('estimates at least the tokens that a tokenizer counts: %s', (_, content, counted) => {
  expect(estimatePrompt({ messages: [{ role: 'user', content }] })).toBeGreaterThanOrEqual(counted);
});

test('measures a tool once for all lists, and a list by the length of its JSON', () => {
  let measured = 0;
  const of = (name: string) => {
    const parameters = { toJSON: () => ({ measured: ++measured }) };
    return { type: 'function', function: { name, parameters } } as const;
  };
  const [a, b] = [of('a'), of('b')];
  const bytes = JSON.stringify([of('a'), of('b')]).length;
  measured = 0;
  const lists = [[a], [b, a], [a, b]].map((tools) => estimatePrompt({ messages: [], tools }));
  expect(lists.slice(1)).toEqual([Math.ceil(bytes / 3.5), Math.ceil(bytes / 3.5)]);
  expect(measured).toBe(2);
});

test.each([0, 1, 2, 3, 4, 5, 6])('estimates a list of tools by its JSON, with %d more bytes', (more) => {
  const named = (name: string) => ({ type: 'function', function: { name: name.padEnd(9 + more, 'x') } }) as const;
  for (const tools of [[named('a')], [named('a'), named('b')], [named('a'), named('b'), named('c')]]) {
    expect(estimatePrompt({ messages: [], tools })).toBe(Math.ceil(JSON.stringify(tools).length / 3.5));
  }
});

test('uses the token counts of the server', () => {
  const usage = {
    prompt_tokens: 1_000,
    completion_tokens: 500,
    total_tokens: 1_500,
    prompt_tokens_details: { cached_tokens: 400 },
    completion_tokens_details: { reasoning_tokens: 100 },
  };
  expect(computeUsage(createResponse('Hi.', { usage }), { request, price })).toEqual({
    requests: 1,
    inputTokens: 1_000,
    cachedInputTokens: 400,
    outputTokens: 500,
    reasoningTokens: 100,
    totalTokens: 1_500,
    cost: (600 * 10 + 400 * 5 + 500 * 20) / 1_000_000,
    estimated: false,
  });
});

test('estimates usage with estimated: true if the server counts nothing', () => {
  expect(computeUsage(createResponse('x'.repeat(70)), { request, price: undefined })).toEqual({
    requests: 1,
    inputTokens: 105,
    cachedInputTokens: 0,
    outputTokens: 20,
    reasoningTokens: 0,
    totalTokens: 125,
    cost: 0,
    estimated: true,
  });
});

test('charges the estimated prompt of a discarded attempt', () => {
  expect(estimateDiscardedUsage({ request, price })).toEqual({
    requests: 0,
    inputTokens: 105,
    cachedInputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    totalTokens: 105,
    cost: 0.00105,
    estimated: true,
  });
});

function createResponse(content: string, fields: Partial<ChatResponse> = {}): ChatResponse {
  return { choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }], ...fields };
}

test('estimates the parts that a provider gets back, and does not bill them as output', () => {
  const message = { role: 'assistant', content: 'x'.repeat(350) } as const;
  const pawl_kept = { provider: 'p', parts: ['s'.repeat(3496)] }; // 3,500 bytes of JSON.
  const kept = { ...message, pawl_kept };
  expect(estimatePrompt({ messages: [kept] })).toBe(estimatePrompt({ messages: [message] }) + 1_000);
  const respond = (given: typeof message): ChatResponse => ({
    choices: [{ index: 0, message: given, finish_reason: 'stop' }],
  });
  expect(computeUsage(respond(kept), { request, price })).toEqual(computeUsage(respond(message), { request, price }));
});
