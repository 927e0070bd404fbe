import type { FunctionToolObject, JsonSchema } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { offlineModel } from './offline-model.ts';

const text = { type: 'string' };
const number = { type: 'number' };
const tools: readonly FunctionToolObject[] = [
  offered('get_weather', { properties: { city: text }, required: ['city'] }),
  offered('get_time', { properties: { city: text }, required: ['city'] }),
  offered('pay', { properties: { to: text, amount: number }, required: ['to', 'amount'] }),
  offered('send_email', {
    properties: { to: { ...text, format: 'email' }, subject: text, body: text },
    required: ['to', 'subject', 'body'],
  }),
  offered('web_search', { properties: { query: text }, required: ['query'] }),
  offered('find_flights', {
    properties: {
      from: { ...text, description: 'City of departure' },
      to: { ...text, description: 'City of arrival' },
      date: { ...text, format: 'date' },
    },
    required: ['from', 'to'],
  }),
  offered('convert_currency', {
    properties: { amount: number, from: { $ref: '#/$defs/code' }, to: { $ref: '#/$defs/code' } },
    required: ['amount', 'from', 'to'],
    $defs: { code: { ...text, minLength: 3, maxLength: 3 } },
  }),
  offered('create_task', {
    properties: {
      title: text,
      tags: { type: 'array', items: text },
      assignee: { type: 'object', properties: { email: text }, required: ['email'] },
      urgent: { type: 'boolean' },
      color: { enum: ['red', 'green'] },
    },
    required: ['title', 'color'],
  }),
  offered('sum_numbers', {
    properties: { numbers: { type: 'array', items: number } },
    required: ['numbers'],
  }),
  offered('get_forecast', {
    properties: {
      city: text,
      days: { type: 'integer', minimum: 1, maximum: 7 },
      units: { enum: ['celsius', 'fahrenheit'], default: 'celsius' },
    },
    required: ['city', 'days', 'units'],
  }),
  offered('delete_file', { properties: { path: text }, required: ['path'] }),
];

function offered(name: string, parameters: JsonSchema): FunctionToolObject {
  return { type: 'function', function: { name, parameters: { type: 'object', ...parameters } } };
}

/** The calls of the first turn, with some of the tools. */
function calls(question: string, ...names: readonly string[]): readonly string[] {
  const chosen = tools.filter(({ function: { name } }) => names.includes(name));
  const { tool_calls = [] } = offlineModel({ messages: [{ role: 'user', content: question }], tools: chosen });
  return tool_calls.map((call) => (call.type === 'function' ? `${call.function.name} ${call.function.arguments}` : ''));
}

test.for<[question: string, tool: string, ...calls: string[]]>([
  ['Do I need an umbrella in Oslo?', 'get_weather', '{"city":"Oslo"}'],
  ['Oslo weather?', 'get_weather', '{"city":"Oslo"}'],
  ['I am in Oslo. What is the weather?', 'get_weather', '{"city":"Oslo"}'],
  ['weather in oslo, please', 'get_weather', '{"city":"oslo"}'],
  [
    'Weather in Oslo, Rio de Janeiro and Cairo?',
    'get_weather',
    '{"city":"Oslo"}',
    '{"city":"Rio de Janeiro"}',
    '{"city":"Cairo"}',
  ],
  ['Pay Ada 20 and Bob 500.', 'pay', '{"to":"Ada","amount":20}', '{"to":"Bob","amount":500}'],
  [
    'Send an email to bob@x.org about lunch: the table is booked',
    'send_email',
    '{"to":"bob@x.org","subject":"lunch","body":"the table is booked"}',
  ],
  ['Search the web for cheap flights to Lima', 'web_search', '{"query":"cheap flights to Lima"}'],
  ['Find flights from Oslo to Lima', 'find_flights', '{"from":"Oslo","to":"Lima"}'],
  ['Find flights to Lima from Oslo', 'find_flights', '{"from":"Oslo","to":"Lima"}'],
  [
    'What are €1,250.50 in SEK and NOK?',
    'convert_currency',
    '{"amount":1250.5,"from":"EUR","to":"SEK"}',
    '{"amount":1250.5,"from":"EUR","to":"NOK"}',
  ],
  [
    'Create a green task titled "Buy milk" with tags "home" and "food", urgent, for ada@x.org',
    'create_task',
    '{"title":"Buy milk","tags":["home","food"],"assignee":{"email":"ada@x.org"},"urgent":true,"color":"green"}',
  ],
  ['Create a red task called "Rest", not urgent', 'create_task', '{"title":"Rest","urgent":false,"color":"red"}'],
  ['Sum up the numbers 1, 2 and 3.5', 'sum_numbers', '{"numbers":[1,2,3.5]}'],
  [
    'Forecast for Oslo for 3 days and Lima for 5 days, in fahrenheit',
    'get_forecast',
    '{"city":"Oslo","days":3,"units":"fahrenheit"}',
    '{"city":"Lima","days":5,"units":"fahrenheit"}',
  ],
  ['Delete ./docs/old-notes.txt', 'delete_file', '{"path":"./docs/old-notes.txt"}'],
])('%s', ([question, tool, ...expected]) => {
  expect(calls(question, tool)).toEqual(expected.map((given) => `${tool} ${given}`));
});

test('calls several tools in parallel and shares the mentions of the question', () => {
  expect(calls('What are the weather and the time in Oslo?', 'get_weather', 'get_time', 'pay')).toEqual([
    'get_weather {"city":"Oslo"}',
    'get_time {"city":"Oslo"}',
  ]);
});

test('generates what the question does not mention, the same for the same request', () => {
  const [made = ''] = calls('What is the forecast for Oslo?', 'get_forecast');
  const { city, days } = JSON.parse(made.slice('get_forecast '.length));
  expect([city, days >= 1 && days <= 7 && Number.isInteger(days)]).toEqual(['Oslo', true]);
  expect(calls('What is the forecast for Oslo?', 'get_forecast')).toEqual([made]);
});

test('fills a recursive schema and ends', () => {
  const node: JsonSchema = { properties: { name: text, child: { $ref: '#' } }, required: ['name'] };
  const tool = offered('make_tree', node);
  const messages = [{ role: 'user', content: 'Make a tree' }] as const;
  const [call] = offlineModel({ messages, tools: [tool] }).tool_calls ?? [];
  expect(call?.type === 'function' && call.function.name).toBe('make_tree');
});

test('does not use the names of arguments as regular expressions', () => {
  const tool = offered('note', { properties: { 'a[(*': text, $: number }, required: ['a[(*', '$'] });
  const messages = [{ role: 'user', content: 'Note 3: milk' }] as const;
  expect(offlineModel({ messages, tools: [tool] }).tool_calls).toHaveLength(1);
});

test('calls no tool for an unrelated question', () => {
  expect(calls('Tell me a story about dragons.', 'get_weather', 'pay', 'web_search')).toEqual([]);
});
