import { expect, test } from 'vitest';
import type { ToolCall } from '../chat/message.ts';
import type { ChatRequest, FunctionToolObject } from '../chat/request.ts';
import type { ChatResponse, Delta } from '../chat/response.ts';
import { modelContext } from '../model/model-context.ts';
import { finalTool } from './final-tool.ts';
import { PROFILES } from './profiles.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } } };
const format = { type: 'json_schema', json_schema: { name: 'output', schema } } as const;
const look: FunctionToolObject = { type: 'function', function: { name: 'look' } };
const final: FunctionToolObject = {
  type: 'function',
  function: {
    name: 'final_answer',
    description: 'Gives the final answer. Call it once, when you have the whole of it, beside no other call.',
    parameters: schema,
  },
};

function called(name: string, text: string): ToolCall {
  return { id: name, type: 'function', function: { name, arguments: text } };
}

function asking(request: Partial<ChatRequest>): ReturnType<typeof finalTool> {
  return finalTool({ messages: [], response_format: format, ...request }, PROFILES.anthropic);
}

function replied(...calls: readonly ToolCall[]): ChatResponse {
  const message = { role: 'assistant', content: null, tool_calls: calls } as const;
  return { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
}

test.each<[string, Partial<ChatRequest>, unknown]>([
  [
    'beside others, one of which has to be called',
    { tools: [look] },
    { tools: [look, final], tool_choice: 'required' },
  ],
  ['alone', {}, { tools: [final], tool_choice: 'required' }],
  [
    'as the only one where none of the others may be called',
    { tools: [look], tool_choice: 'none' },
    { tools: [look, final], tool_choice: { type: 'function', function: { name: 'final_answer' } } },
  ],
])('an output schema is a tool %s', (_, request, sent) => {
  expect(asking(request)?.request).toEqual({ messages: [], ...(sent as object) });
});

test('its name is free, and the tool the same each time', () => {
  const tools = [{ ...look, function: { name: 'final_answer' } }];
  const [first, second] = [asking({ tools }), asking({ tools })].map((asked) => asked?.request.tools?.at(-1));
  expect([first?.type === 'function' && first.function.name, first === second]).toEqual(['final_answer_', true]);
});

test('only where the profile says so, and there is a schema', () => {
  expect([
    finalTool({ messages: [], response_format: format }, PROFILES.openai),
    finalTool({ messages: [] }, PROFILES.anthropic),
    finalTool({ messages: [], response_format: { type: 'json_object' } }, PROFILES.anthropic),
  ]).toEqual([undefined, undefined, undefined]);
});

test('its call is the answer; beside other calls it came too early', () => {
  const asked = asking({ tools: [look] });
  const answer = called('final_answer', '{"city":"Oslo"}');
  expect([asked?.reply(replied(answer)), asked?.reply(replied(called('look', '{}'), answer))]).toEqual([
    { choices: [{ index: 0, message: { role: 'assistant', content: '{"city":"Oslo"}' }, finish_reason: 'stop' }] },
    replied(called('look', '{}')),
  ]);
});

test('an answer in text stays one', () => {
  const reply: ChatResponse = {
    choices: [{ index: 0, message: { role: 'assistant', content: '{}' }, finish_reason: 'stop' }],
  };
  expect(asking({})?.reply(reply)).toEqual(reply);
});

test('its pieces are told as text', () => {
  const told: Delta[] = [];
  const context = asking({})?.context(modelContext({ onDelta: (delta) => void told.push(delta) }));
  void context?.onDelta({ type: 'call', index: 0, name: 'final_answer', delta: '{"ci' }); // Nobody is behind.
  void context?.onDelta({ type: 'call', index: 1, name: 'look', delta: '{}' }); // As above.
  expect(told).toEqual([
    { type: 'text', delta: '{"ci' },
    { type: 'call', index: 1, name: 'look', delta: '{}' },
  ]);
});
