import { expect, test } from 'vitest';
import type { ToolCall } from '../chat/message.ts';
import type { ChatRequest, FunctionToolObject } from '../chat/request.ts';
import type { ChatResponse, Delta } from '../chat/response.ts';
import { completeModelContext } from '../model/model-context.ts';
import { createFinalTool } from './final-tool.ts';
import { PROFILES } from './profiles.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } } };
const format = { type: 'json_schema', json_schema: { name: 'output', schema } } as const;
const look: FunctionToolObject = { type: 'function', function: { name: 'look' } };
const final: FunctionToolObject = {
  type: 'function',
  function: {
    name: 'final_answer',
    description: 'Gives the final answer. Call it once, when the answer is complete, and without other calls.',
    parameters: schema,
  },
};

function called(name: string, text: string): ToolCall {
  return { id: name, type: 'function', function: { name, arguments: text } };
}

function asking(request: Partial<ChatRequest>): ReturnType<typeof createFinalTool> {
  return createFinalTool({ messages: [], response_format: format, ...request }, PROFILES.anthropic);
}

function replied(...calls: readonly ToolCall[]): ChatResponse {
  const message = { role: 'assistant', content: null, tool_calls: calls } as const;
  return { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
}

test.each<[string, Partial<ChatRequest>, unknown]>([
  ['with other tools, and requires a call', { tools: [look] }, { tools: [look, final], tool_choice: 'required' }],
  ['alone', {}, { tools: [final], tool_choice: 'required' }],
  [
    'as the only allowed tool if tool_choice is none',
    { tools: [look], tool_choice: 'none' },
    { tools: [look, final], tool_choice: { type: 'function', function: { name: 'final_answer' } } },
  ],
])('turns an output schema into a tool %s', (_, request, sent) => {
  expect(asking(request)?.request).toEqual({ messages: [], ...(sent as object) });
});

test('chooses an unused name and returns the same tool each time', () => {
  const tools = [{ ...look, function: { name: 'final_answer' } }];
  const [first, second] = [asking({ tools }), asking({ tools })].map((asked) => asked?.request.tools?.at(-1));
  expect([first?.type === 'function' && first.function.name, first === second]).toEqual(['final_answer_', true]);
});

test('creates no final tool unless the profile needs it and there is a schema', () => {
  expect([
    createFinalTool({ messages: [], response_format: format }, PROFILES.openai),
    createFinalTool({ messages: [] }, PROFILES.anthropic),
    createFinalTool({ messages: [], response_format: { type: 'json_object' } }, PROFILES.anthropic),
  ]).toEqual([undefined, undefined, undefined]);
});

test('turns its call into the answer, but drops it beside other calls', () => {
  const asked = asking({ tools: [look] });
  const answer = called('final_answer', '{"city":"Oslo"}');
  expect([
    asked?.convertResponse(replied(answer)),
    asked?.convertResponse(replied(called('look', '{}'), answer)),
  ]).toEqual([
    { choices: [{ index: 0, message: { role: 'assistant', content: '{"city":"Oslo"}' }, finish_reason: 'stop' }] },
    replied(called('look', '{}')),
  ]);
});

test('keeps an answer in text', () => {
  const response: ChatResponse = {
    choices: [{ index: 0, message: { role: 'assistant', content: '{}' }, finish_reason: 'stop' }],
  };
  expect(asking({})?.convertResponse(response)).toEqual(response);
});

test('emits the deltas of its call as text', () => {
  const deltas: Delta[] = [];
  const context = asking({})?.wrapContext(completeModelContext({ onDelta: (delta) => void deltas.push(delta) }));
  void context?.onDelta({ type: 'call', index: 0, name: 'final_answer', delta: '{"ci' }); // No reader is behind.
  void context?.onDelta({ type: 'call', index: 1, name: 'look', delta: '{}' }); // As above.
  expect(deltas).toEqual([
    { type: 'text', delta: '{"ci' },
    { type: 'call', index: 1, name: 'look', delta: '{}' },
  ]);
});
