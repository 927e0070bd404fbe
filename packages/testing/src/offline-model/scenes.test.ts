import type { JsonObject } from '@pawl/core';
import type { ChatRequest, FunctionToolObject, Message } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { checkHistory } from '../server/check-history.ts';
import { offlineModel } from './offline-model.ts';

const text = { type: 'string' };
const number = { type: 'number' };
const integer = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
const code = { type: 'string', minLength: 3, maxLength: 3 };
const units = { default: 'celsius', type: 'string', enum: ['celsius', 'fahrenheit'] };

const listFiles = createOfferedTool('list_files: Lists the files of a folder.', { 'path?': text });
const readFile = createOfferedTool('read_file: Reads a text file.', { path: text });
const days = { type: 'integer', minimum: 1, maximum: 7 };
const getForecast = createOfferedTool('get_forecast: Weather forecast for a city.', {
  city: text,
  days,
  'units?': units,
});
const convert = createOfferedTool('convert_currency: Converts an amount of money.', {
  amount: number,
  from: code,
  to: code,
});
const getWeather = createOfferedTool('get_weather: Current weather in a city.', { city: text });
const refundOrder = createOfferedTool('refund_order: Refunds an order.', { order: integer, 'reason?': text });
const add = createOfferedTool('add: Adds two numbers.', { a: number, b: number });
const multiply = createOfferedTool('multiply: Multiplies two numbers.', { a: number, b: number });

const TRIP = '# A trip in the north\n\n- Oslo (3 nights)\n- Bergen (2 nights)\n\nPacking depends on the weather.\n';
const DISCLAIMER = "This is Pawl's offline stand-in, which follows rules and is not a language model.";

/** Creates a tool from its name, description and parameters; a question mark makes a parameter optional. */
function createOfferedTool(label: string, parameters: JsonObject): FunctionToolObject {
  const [name = '', description = ''] = label.split(': ');
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [key.replace('?', ''), value]),
  );
  const required = Object.keys(parameters).filter((key) => !key.endsWith('?'));
  return { type: 'function', function: { name, description, parameters: { type: 'object', properties, required } } };
}

type Execute = (name: string, given: JsonObject) => string;

interface Scene extends Omit<ChatRequest, 'messages'> {
  readonly execute?: Execute;
}

/** Plays a conversation to its end: the calls of each turn, then the lines of the answer. */
function played(question: string, { execute = () => 'done', ...settings }: Scene): readonly (readonly string[])[] {
  const messages: Message[] = [{ role: 'user', content: question }];
  const turns: string[][] = [];
  for (;;) {
    const message = offlineModel({ ...settings, messages });
    messages.push(message);
    const calls = (message.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    if (calls.length === 0) {
      expect(checkHistory(messages)).toEqual([]);
      return [...turns, String(message.content).split('\n')];
    }
    turns.push(calls.map(({ function: { name, arguments: given } }) => `${name} ${given}`));
    for (const { id, function: asked } of calls) {
      const given = JSON.parse(asked.arguments) as JsonObject; // The offline model returns text only.
      messages.push({ role: 'tool', tool_call_id: id, content: execute(asked.name, given) });
    }
  }
}

test('plays the quick start: parallel calls, cities from a file, a correction, an answer', () => {
  const question =
    'Read trip.md, then tell me the weather for the next 10 days in each city of my trip, and what 250 EUR are in NOK.';
  const execute: Execute = (name, given) => {
    if (name === 'read_file') return TRIP;
    if (name === 'convert_currency') return '{"amount":2875,"currency":"NOK"}';
    if (Number(given['days']) > 7) return `days: expected number to be <=7, got ${given['days']}`;
    return JSON.stringify({ city: given['city'], days: given['days'], high: 8, sky: 'rain' });
  };
  const since = '(days was 10 at first, since: days: expected number to be <=7, got 10)';
  expect(played(question, { tools: [listFiles, readFile, getForecast, convert], execute })).toEqual([
    ['read_file {"path":"trip.md"}', 'convert_currency {"amount":250,"from":"EUR","to":"NOK"}'],
    ['get_forecast {"city":"Oslo","days":10}', 'get_forecast {"city":"Bergen","days":10}'],
    ['get_forecast {"city":"Oslo","days":7}', 'get_forecast {"city":"Bergen","days":7}'],
    [
      '- read_file (path: trip.md): # A trip in the north - Oslo (3 nights) - Bergen (2 nights) Packing depends on the weather.',
      `- get_forecast (city: Oslo, days: 7): high: 8, sky: rain ${since}`,
      `- get_forecast (city: Bergen, days: 7): high: 8, sky: rain ${since}`,
      '- convert_currency (amount: 250, from: EUR, to: NOK): amount: 2875, currency: NOK',
      '',
      DISCLAIMER,
    ],
  ]);
});

test('answers one question for one tool with the result', () => {
  expect(
    played('What is the weather in Oslo?', { tools: [getWeather], execute: () => 'Rain in Oslo, 7 degrees.' }),
  ).toEqual([['get_weather {"city":"Oslo"}'], ['get_weather (city: Oslo): Rain in Oslo, 7 degrees.', '', DISCLAIMER]]);
});

test('assigns a number to the adjacent argument name and leaves optional arguments out', () => {
  expect(played('Refund order 42', { tools: [refundOrder] })).toEqual([
    ['refund_order {"order":42}'],
    ['refund_order (order: 42): done', '', DISCLAIMER],
  ]);
});

test('calls a tool twice in parallel for two sums', () => {
  const execute: Execute = (name, { a, b }) => String(name === 'add' ? Number(a) + Number(b) : Number(a) * Number(b));
  expect(played('Add 2 and 3, then multiply 4 by 5', { tools: [add, multiply], execute })).toEqual([
    ['add {"a":2,"b":3}', 'multiply {"a":4,"b":5}'],
    ['- add (a: 2, b: 3): 5', '- multiply (a: 4, b: 5): 20', '', DISCLAIMER],
  ]);
});

test('makes a call that needs a result after that result', () => {
  const execute: Execute = (name, { a, b }) => String(name === 'add' ? Number(a) + Number(b) : Number(a) * Number(b));
  expect(played('Add 2 and 3, then multiply the result by 4', { tools: [add, multiply], execute })).toEqual([
    ['add {"a":2,"b":3}'],
    ['multiply {"a":4,"b":5}'],
    ['- add (a: 2, b: 3): 5', '- multiply (a: 4, b: 5): 20', '', DISCLAIMER],
  ]);
});

test('takes numbers from results', () => {
  const execute: Execute = (name, { city }) => (name === 'add' ? '11' : `${city === 'Oslo' ? 4 : 7} degrees`);
  expect(played('Add the temperatures in Oslo and Lima', { tools: [add, getWeather], execute })).toEqual([
    ['get_weather {"city":"Oslo"}', 'get_weather {"city":"Lima"}'],
    ['add {"a":4,"b":7}'],
    [
      '- add (a: 4, b: 7): 11',
      '- get_weather (city: Oslo): 4 degrees',
      '- get_weather (city: Lima): 7 degrees',
      '',
      DISCLAIMER,
    ],
  ]);
});

test('takes a missing argument from the fields of another result', () => {
  const getPrice = createOfferedTool('get_price: The price of a book.', { title: text });
  const execute: Execute = (name) => (name === 'get_price' ? '{"price":20,"currency":"EUR"}' : '230');
  expect(played('Convert the price of "Emma" to NOK', { tools: [getPrice, convert], execute })).toEqual([
    ['get_price {"title":"Emma"}'],
    ['convert_currency {"amount":20,"from":"EUR","to":"NOK"}'],
    [
      '- convert_currency (amount: 20, from: EUR, to: NOK): 230',
      '- get_price (title: Emma): price: 20, currency: EUR',
      '',
      DISCLAIMER,
    ],
  ]);
});

test('reads the files that a result lists', () => {
  const execute: Execute = (name) => (name === 'list_files' ? 'trip.md\nnotes.txt' : 'Buy milk.');
  expect(played('List the files, then read all of them', { tools: [listFiles, readFile], execute })).toEqual([
    ['list_files {}'],
    ['read_file {"path":"trip.md"}', 'read_file {"path":"notes.txt"}'],
    [
      '- list_files: trip.md notes.txt',
      '- read_file (path: trip.md): Buy milk.',
      '- read_file (path: notes.txt): Buy milk.',
      '',
      DISCLAIMER,
    ],
  ]);
});

test('says that there are no tools', () => {
  expect(played('Tell me about cogs.', {})).toEqual([
    [
      'There are no tools in this request, so nothing can be looked up or done. The question was: "Tell me about cogs."',
      '',
      DISCLAIMER,
    ],
  ]);
});

test('makes one call per turn if parallel calls are off', () => {
  expect(played('Weather in Oslo and Lima', { tools: [getWeather], parallel_tool_calls: false })).toEqual([
    ['get_weather {"city":"Oslo"}'],
    ['get_weather {"city":"Lima"}'],
    ['- get_weather (city: Oslo): done', '- get_weather (city: Lima): done', '', DISCLAIMER],
  ]);
});

test('corrects a call at most twice and reports the failure', () => {
  const execute: Execute = (_, { order }) => `There is no order ${order}. Try order ${Number(order) + 1}.`;
  expect(played('Refund order 1', { tools: [refundOrder], execute })).toEqual([
    ['refund_order {"order":1}'],
    ['refund_order {"order":2}'],
    ['refund_order {"order":3}'],
    ['refund_order (order: 3) failed, also when corrected: There is no order 3. Try order 4.', '', DISCLAIMER],
  ]);
});

test('does not repeat a denied call', () => {
  expect(played('Refund order 42', { tools: [refundOrder], execute: () => 'Denied: too much.' })).toEqual([
    ['refund_order {"order":42}'],
    ['refund_order (order: 42) was not done: Denied: too much.', '', DISCLAIMER],
  ]);
});

test('generates an argument that nothing mentions', () => {
  const [[made = ''] = []] = played('Refund my order', { tools: [refundOrder] });
  expect(made).toMatch(/^refund_order \{"order":-?\d+\}$/);
});
