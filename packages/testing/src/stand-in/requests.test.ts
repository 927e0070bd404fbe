import type { ChatRequest, FunctionToolObject, Message } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { offlineModel } from './stand-in.ts';

const getWeather = offered('get_weather', { city: { type: 'string' } });
const add = offered('add', { a: { type: 'number' }, b: { type: 'number' } });
const weatherInOslo: Message = { role: 'user', content: 'What is the weather in Oslo?' };

function offered(name: string, properties: Readonly<Record<string, unknown>>): FunctionToolObject {
  const parameters = { type: 'object', properties, required: Object.keys(properties) };
  return { type: 'function', function: { name, parameters } };
}

/** A call and its result, as they stand in a conversation. */
function called(id: string, told: string, result: string): readonly Message[] {
  const [name = ''] = told.split(' ', 1);
  const call = { id, type: 'function', function: { name, arguments: told.slice(name.length + 1) } } as const;
  return [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: result },
  ];
}

/** The reply in short: its calls, or the answer's first line. */
function replied(messages: readonly Message[], settings: Omit<ChatRequest, 'messages'> = {}): readonly string[] {
  const { content, tool_calls = [] } = offlineModel({ tools: [getWeather, add], ...settings, messages });
  if (tool_calls.length === 0) return [String(content).split('\n')[0] ?? ''];
  return tool_calls.map((call) =>
    call.type === 'function' ? `${call.id} ${call.function.name} ${call.function.arguments}` : '',
  );
}

test("tool choice 'none' gives an answer with what there is", () => {
  const messages = [weatherInOslo, ...called('call_1', 'get_weather {"city":"Oslo"}', 'Rain.')];
  expect(replied([weatherInOslo], { tool_choice: 'none' })).toEqual([
    'get_weather (city: Oslo) was not called: no more calls may be made.',
  ]);
  expect(replied(messages, { tool_choice: 'none' })).toEqual(['get_weather (city: Oslo): Rain.']);
});

test("tool choice 'required' calls something once, whatever is asked", () => {
  const hello: Message = { role: 'user', content: 'Hello!' };
  const settings: Omit<ChatRequest, 'messages'> = { tools: [add], tool_choice: 'required' };
  expect(replied([hello], settings)).toEqual([expect.stringMatching(/^call_1 add \{"a":\S+,"b":\S+\}$/)]);
  const [made = ''] = replied([hello], settings);
  const told = made.slice('call_1 '.length);
  expect(replied([hello, ...called('call_1', told, '0')], settings)).toEqual([
    expect.stringMatching(/^add \(.+\): 0$/),
  ]);
});

test('a function that is named is called, and no other', () => {
  const choice = { type: 'function', function: { name: 'add' } } as const;
  expect(replied([weatherInOslo], { tool_choice: choice })).toEqual([expect.stringMatching(/^call_1 add \{/)]);
});

test('ids count on over the whole conversation, past those that are taken', () => {
  const messages: Message[] = [
    { role: 'user', content: 'What is the weather in Lima?' },
    ...called('call_2', 'get_weather {"city":"Lima"}', 'Sun.'),
    { role: 'assistant', content: 'Sun.' },
    { role: 'user', content: 'And the weather in Oslo?' },
  ];
  expect(replied(messages)).toEqual(['call_3 get_weather {"city":"Oslo"}']);
});

test('a call that succeeded is not repeated, also for a later question', () => {
  const messages: Message[] = [
    weatherInOslo,
    ...called('call_1', 'get_weather {"city":"Oslo"}', 'Rain.'),
    { role: 'assistant', content: 'Rain.' },
    weatherInOslo,
  ];
  expect(replied(messages)).toEqual(['get_weather (city: Oslo): Rain.']);
});

test('a call that failed for an earlier question may be tried again', () => {
  const messages: Message[] = [
    weatherInOslo,
    ...called('call_1', 'get_weather {"city":"Oslo"}', '{"error":"the service is down"}'),
    { role: 'assistant', content: 'It failed.' },
    weatherInOslo,
  ];
  expect(replied(messages)).toEqual(['call_2 get_weather {"city":"Oslo"}']);
});

test('remarks about the conversation are not the question', () => {
  const limit = 'A limit of this run is reached, so tools are switched off now. Answer with what you have.';
  for (const content of [limit, 'Your last reply was empty. Answer with text, or call a tool.', 'Continue.']) {
    const remark: Message = { role: 'user', content };
    const messages = [weatherInOslo, ...called('call_1', 'get_weather {"city":"Oslo"}', 'Rain.'), remark];
    expect(replied(messages)).toEqual(['get_weather (city: Oslo): Rain.']);
  }
});

test('a call that a person let run with other arguments is not asked for again', () => {
  const result = 'A person approved this call with other arguments: {"city":"Bergen"}\nRain.';
  expect(replied([weatherInOslo, ...called('call_1', 'get_weather {"city":"Oslo"}', result)])).toEqual([
    'get_weather (city: Oslo): Rain.',
  ]);
});

test('a question may come in parts, and without any question there is an answer all the same', () => {
  const content = [{ type: 'text', text: 'What is the weather in Oslo?' }] as const;
  expect(replied([{ role: 'user', content }])).toEqual(['call_1 get_weather {"city":"Oslo"}']);
  expect(replied([{ role: 'system', content: 'Be brief.' }])).toEqual([
    'None of the tools here (get_weather, add) was called for this. Nothing was asked.',
  ]);
});

test('every conversation ends, whatever the tools answer', () => {
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
