import type { FunctionToolObject, JsonSchema, Message } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { offlineModel } from './offline-model.ts';

const city = { type: 'string' };
const report = {
  properties: { city, temperature: { type: 'number' }, umbrella: { type: 'boolean' } },
  required: ['city', 'temperature', 'umbrella'],
};
const getWeather: FunctionToolObject = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city }, required: ['city'] } },
};

/** The text of the response as JSON. */
function output(schema: JsonSchema, messages: readonly Message[]): unknown {
  const tools = messages.length > 1 ? [getWeather] : [];
  const response_format = {
    type: 'json_schema',
    json_schema: { name: 'output', schema: { type: 'object', ...schema } },
  } as const;
  return JSON.parse(String(offlineModel({ messages, tools, response_format }).content));
}

function asked(question: string, ...results: readonly [city: string, result: string][]): readonly Message[] {
  const calls = results.map(([place], index) => ({
    id: `call_${index + 1}`,
    type: 'function' as const,
    function: { name: 'get_weather', arguments: JSON.stringify({ city: place }) },
  }));
  return [
    { role: 'user', content: question },
    ...(calls.length === 0 ? [] : [{ role: 'assistant', content: null, tool_calls: calls } as const]),
    ...results.map(([, content], index) => ({ role: 'tool', tool_call_id: `call_${index + 1}`, content }) as const),
  ];
}

test('fills an output from results: fields by name, numbers by adjacent words, booleans by words', () => {
  const question = 'What is the weather in Oslo?';
  expect(output(report, asked(question, ['Oslo', 'Take an umbrella in Oslo, 7 degrees.']))).toEqual({
    city: 'Oslo',
    temperature: 7,
    umbrella: true,
  });
  expect(output(report, asked(question, ['Oslo', '{"wind":12,"temperature":21,"sky":"sun"}']))).toEqual({
    city: 'Oslo',
    temperature: 21,
    umbrella: false,
  });
});

test('fills an output from the question if there are no results', () => {
  expect(output(report, asked('I need an umbrella in Oslo, at 7 degrees.'))).toEqual({
    city: 'Oslo',
    temperature: 7,
    umbrella: true,
  });
});

test('creates a list of objects with one per call, and generates unknown fields', () => {
  const schema = {
    properties: {
      cities: { type: 'array', items: { type: 'object', ...report } },
      mood: { enum: ['good', 'bad'] },
      contact: { type: ['string', 'null'], format: 'email' },
      remark: { type: 'string', format: 'uri' },
    },
    required: ['cities', 'mood', 'contact'],
  };
  const results = [
    ['Oslo', 'Rain, 7 degrees, a bad day.'],
    ['Lima', 'Sun, 21 degrees.'],
  ] as const;
  expect(output(schema, asked('Weather in Oslo and Lima?', ...results.map(([...pair]) => pair)))).toEqual({
    cities: [
      { city: 'Oslo', temperature: 7, umbrella: false },
      { city: 'Lima', temperature: 21, umbrella: false },
    ],
    mood: 'bad',
    contact: expect.toSatisfy((contact: unknown) => contact === null || typeof contact === 'string'),
  });
});

test('corrects a refused output by its issues', () => {
  const messages: readonly Message[] = [
    ...asked('What is the weather in Oslo?', ['Oslo', 'Rain.']),
    { role: 'assistant', content: '{"city":"Oslo","temperature":"7","umbrella":true}' },
    {
      role: 'user',
      content: 'Your answer does not match the required schema:\ntemperature: expected number, got "7"\nAnswer again.',
    },
  ];
  expect(output(report, messages)).toEqual({ city: 'Oslo', temperature: 7, umbrella: true });
});

test('calls the final-answer tool after all other calls', () => {
  const finalAnswer: FunctionToolObject = {
    type: 'function',
    function: {
      name: 'final_answer',
      description: 'Gives the final answer.',
      parameters: { type: 'object', ...report },
    },
  };
  const request = { tools: [getWeather, finalAnswer], tool_choice: 'required' } as const;
  const calls = (messages: readonly Message[]): unknown => {
    return offlineModel({ ...request, messages }).tool_calls?.map((call) => call.type === 'function' && call.function);
  };
  const question = 'What is the weather in Oslo?';
  expect([calls(asked(question)), calls(asked(question, ['Oslo', 'No umbrella in Oslo, 7 degrees.']))]).toEqual([
    [{ name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    [{ name: 'final_answer', arguments: '{"city":"Oslo","temperature":7,"umbrella":false}' }],
  ]);
});

test('answers any JSON object with the findings and the note that it is not a language model', () => {
  const messages = asked('What is the weather in Oslo?', ['Oslo', 'Rain.']);
  const { content } = offlineModel({ messages, tools: [getWeather], response_format: { type: 'json_object' } });
  expect(JSON.parse(String(content))).toEqual({
    answer: ['get_weather (city: Oslo): Rain.'],
    note: "This is Pawl's offline stand-in, which follows rules and is not a language model.",
  });
});
