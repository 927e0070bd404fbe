import type { ChatRequest, FunctionToolObject, Message } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { offlineModel } from './offline-model.ts';

const getWeather = offered('get_weather', { city: { type: 'string' } });
const add = offered('add', { a: { type: 'number' }, b: { type: 'number' } });
const weatherInOslo: Message = { role: 'user', content: 'What is the weather in Oslo?' };

function offered(name: string, properties: Readonly<Record<string, unknown>>): FunctionToolObject {
  const parameters = { type: 'object', properties, required: Object.keys(properties) };
  return { type: 'function', function: { name, parameters } };
}

/** A call and its result, as messages. */
function createCall(id: string, callText: string, result: string): readonly Message[] {
  const [name = ''] = callText.split(' ', 1);
  const call = { id, type: 'function', function: { name, arguments: callText.slice(name.length + 1) } } as const;
  return [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: result },
  ];
}

/** Shortens the response: its calls, or the first line of its text. */
function respondTo(messages: readonly Message[], settings: Omit<ChatRequest, 'messages'> = {}): readonly string[] {
  const { content, tool_calls = [] } = offlineModel({ tools: [getWeather, add], ...settings, messages });
  if (tool_calls.length === 0) return [String(content).split('\n')[0] ?? ''];
  return tool_calls.map((call) =>
    call.type === 'function' ? `${call.id} ${call.function.name} ${call.function.arguments}` : '',
  );
}

test("answers with the known results for tool_choice 'none'", () => {
  const messages = [weatherInOslo, ...createCall('call_1', 'get_weather {"city":"Oslo"}', 'Rain.')];
  expect(respondTo([weatherInOslo], { tool_choice: 'none' })).toEqual([
    'get_weather (city: Oslo) was not called: no more calls may be made.',
  ]);
  expect(respondTo(messages, { tool_choice: 'none' })).toEqual(['get_weather (city: Oslo): Rain.']);
});

test("calls a tool once for tool_choice 'required', whatever the question", () => {
  const hello: Message = { role: 'user', content: 'Hello!' };
  const settings: Omit<ChatRequest, 'messages'> = { tools: [add], tool_choice: 'required' };
  expect(respondTo([hello], settings)).toEqual([expect.stringMatching(/^call_1 add \{"a":\S+,"b":\S+\}$/)]);
  const [made = ''] = respondTo([hello], settings);
  const callText = made.slice('call_1 '.length);
  expect(respondTo([hello, ...createCall('call_1', callText, '0')], settings)).toEqual([
    expect.stringMatching(/^add \(.+\): 0$/),
  ]);
});

test('calls only the function that tool_choice names', () => {
  const choice = { type: 'function', function: { name: 'add' } } as const;
  expect(respondTo([weatherInOslo], { tool_choice: choice })).toEqual([expect.stringMatching(/^call_1 add \{/)]);
});

test('continues call ids over the whole conversation and skips ids in use', () => {
  const messages: Message[] = [
    { role: 'user', content: 'What is the weather in Lima?' },
    ...createCall('call_2', 'get_weather {"city":"Lima"}', 'Sun.'),
    { role: 'assistant', content: 'Sun.' },
    { role: 'user', content: 'And the weather in Oslo?' },
  ];
  expect(respondTo(messages)).toEqual(['call_3 get_weather {"city":"Oslo"}']);
});

test('does not repeat a call that succeeded, also for a later question', () => {
  const messages: Message[] = [
    weatherInOslo,
    ...createCall('call_1', 'get_weather {"city":"Oslo"}', 'Rain.'),
    { role: 'assistant', content: 'Rain.' },
    weatherInOslo,
  ];
  expect(respondTo(messages)).toEqual(['get_weather (city: Oslo): Rain.']);
});

test('may repeat a call that failed for an earlier question', () => {
  const messages: Message[] = [
    weatherInOslo,
    ...createCall('call_1', 'get_weather {"city":"Oslo"}', '{"error":"the service is down"}'),
    { role: 'assistant', content: 'It failed.' },
    weatherInOslo,
  ];
  expect(respondTo(messages)).toEqual(['call_2 get_weather {"city":"Oslo"}']);
});

test('does not take messages about the conversation as the question', () => {
  const limit = 'This run has reached a limit, so tools are now disabled. Answer with what you have.';
  for (const content of [limit, 'Your last response was empty. Answer with text, or call a tool.', 'Continue.']) {
    const remark: Message = { role: 'user', content };
    const messages = [weatherInOslo, ...createCall('call_1', 'get_weather {"city":"Oslo"}', 'Rain.'), remark];
    expect(respondTo(messages)).toEqual(['get_weather (city: Oslo): Rain.']);
  }
});

test('does not repeat a call that a person edited', () => {
  const result = 'A person approved this call with other arguments: {"city":"Bergen"}\nRain.';
  expect(respondTo([weatherInOslo, ...createCall('call_1', 'get_weather {"city":"Oslo"}', result)])).toEqual([
    'get_weather (city: Oslo): Rain.',
  ]);
});

test('accepts a question in parts, and answers without a question', () => {
  const content = [{ type: 'text', text: 'What is the weather in Oslo?' }] as const;
  expect(respondTo([{ role: 'user', content }])).toEqual(['call_1 get_weather {"city":"Oslo"}']);
  expect(respondTo([{ role: 'system', content: 'Be brief.' }])).toEqual([
    'None of the tools here (get_weather, add) was called for this. Nothing was asked.',
  ]);
});

test('ends every conversation, whatever the tools return', () => {
  const answers = ['b: expected number to be <=3, got 9', 'Did you mean "x"?', '{"a":[1,2,3],"city":"Lima"}', '', '[]'];
  for (const [index, answer] of answers.entries()) {
    const messages: Message[] = [{ role: 'user', content: 'Add the temperatures in Oslo, Lima and each city.' }];
    const turns = Array.from({ length: 20 }, (_, turn) => {
      const message = offlineModel({ messages, tools: [getWeather, add] });
      messages.push(message);
      for (const { id } of message.tool_calls ?? []) {
        const content = answers[(index + turn) % answers.length] ?? answer;
        messages.push({ role: 'tool', tool_call_id: id, content });
      }
      return message.tool_calls === undefined ? 'answer' : 'calls';
    });
    expect(turns.at(-1)).toEqual('answer');
  }
});
