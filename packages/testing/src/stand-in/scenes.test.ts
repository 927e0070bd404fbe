import type { JsonObject } from '@pawl/core';
import type { ChatRequest, FunctionToolObject, Message } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { checkHistory } from '../server/check-history.ts';
import { offlineModel } from './stand-in.ts';

const text = { type: 'string' };
const number = { type: 'number' };
const integer = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
const code = { type: 'string', minLength: 3, maxLength: 3 };
const units = { default: 'celsius', type: 'string', enum: ['celsius', 'fahrenheit'] };

const listFiles = offered('list_files: Lists the files of a folder.', { 'path?': text });
const readFile = offered('read_file: Reads a text file.', { path: text });
const days = { type: 'integer', minimum: 1, maximum: 7 };
const getForecast = offered('get_forecast: Weather forecast for a city.', { city: text, days, 'units?': units });
const convert = offered('convert_currency: Converts an amount of money.', { amount: number, from: code, to: code });
const getWeather = offered('get_weather: Current weather in a city.', { city: text });
const refundOrder = offered('refund_order: Refunds an order.', { order: integer, 'reason?': text });
const add = offered('add: Adds two numbers.', { a: number, b: number });
const multiply = offered('multiply: Multiplies two numbers.', { a: number, b: number });

const TRIP = '# A trip in the north\n\n- Oslo (3 nights)\n- Bergen (2 nights)\n\nPacking depends on the weather.\n';
const CONFESSION = "This is Pawl's offline stand-in, which follows rules and is not a language model.";

/** A tool from its name, its description and its parameters; those with a question mark are optional. */
function offered(told: string, parameters: JsonObject): FunctionToolObject {
  const [name = '', description = ''] = told.split(': ');
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

/** Plays a conversation to its end: the calls of each turn, and then the answer's lines. */
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
      const given = JSON.parse(asked.arguments) as JsonObject; // The stand-in gives nothing else.
      messages.push({ role: 'tool', tool_call_id: id, content: execute(asked.name, given) });
    }
  }
}

test('the quick start: parallel calls, cities out of a file, a correction, an answer', () => {
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
      CONFESSION,
    ],
  ]);
});

test('one question for one tool gets its result as the answer', () => {
  expect(
    played('What is the weather in Oslo?', { tools: [getWeather], execute: () => 'Rain in Oslo, 7 degrees.' }),
  ).toEqual([['get_weather {"city":"Oslo"}'], ['get_weather (city: Oslo): Rain in Oslo, 7 degrees.', '', CONFESSION]]);
});

test('a number beside the name of an argument is that argument, and optional ones are left out', () => {
  expect(played('Refund order 42', { tools: [refundOrder] })).toEqual([
    ['refund_order {"order":42}'],
    ['refund_order (order: 42): done', '', CONFESSION],
  ]);
});

test('two sums of one question are asked for together', () => {
  const execute: Execute = (name, { a, b }) => String(name === 'add' ? Number(a) + Number(b) : Number(a) * Number(b));
  expect(played('Add 2 and 3, then multiply 4 by 5', { tools: [add, multiply], execute })).toEqual([
    ['add {"a":2,"b":3}', 'multiply {"a":4,"b":5}'],
    ['- add (a: 2, b: 3): 5', '- multiply (a: 4, b: 5): 20', '', CONFESSION],
  ]);
});

test('a call that needs the result of another one waits for it', () => {
  const execute: Execute = (name, { a, b }) => String(name === 'add' ? Number(a) + Number(b) : Number(a) * Number(b));
  expect(played('Add 2 and 3, then multiply the result by 4', { tools: [add, multiply], execute })).toEqual([
    ['add {"a":2,"b":3}'],
    ['multiply {"a":4,"b":5}'],
    ['- add (a: 2, b: 3): 5', '- multiply (a: 4, b: 5): 20', '', CONFESSION],
  ]);
});

test('numbers are taken out of results', () => {
  const execute: Execute = (name, { city }) => (name === 'add' ? '11' : `${city === 'Oslo' ? 4 : 7} degrees`);
  expect(played('Add the temperatures in Oslo and Lima', { tools: [add, getWeather], execute })).toEqual([
    ['get_weather {"city":"Oslo"}', 'get_weather {"city":"Lima"}'],
    ['add {"a":4,"b":7}'],
    [
      '- add (a: 4, b: 7): 11',
      '- get_weather (city: Oslo): 4 degrees',
      '- get_weather (city: Lima): 7 degrees',
      '',
      CONFESSION,
    ],
  ]);
});

test('what is missing for one call is taken from the fields of another one', () => {
  const getPrice = offered('get_price: The price of a book.', { title: text });
  const execute: Execute = (name) => (name === 'get_price' ? '{"price":20,"currency":"EUR"}' : '230');
  expect(played('Convert the price of "Emma" to NOK', { tools: [getPrice, convert], execute })).toEqual([
    ['get_price {"title":"Emma"}'],
    ['convert_currency {"amount":20,"from":"EUR","to":"NOK"}'],
    [
      '- convert_currency (amount: 20, from: EUR, to: NOK): 230',
      '- get_price (title: Emma): price: 20, currency: EUR',
      '',
      CONFESSION,
    ],
  ]);
});

test('files that were listed are read', () => {
  const execute: Execute = (name) => (name === 'list_files' ? 'trip.md\nnotes.txt' : 'Buy milk.');
  expect(played('List the files, then read all of them', { tools: [listFiles, readFile], execute })).toEqual([
    ['list_files {}'],
    ['read_file {"path":"trip.md"}', 'read_file {"path":"notes.txt"}'],
    [
      '- list_files: trip.md notes.txt',
      '- read_file (path: trip.md): Buy milk.',
      '- read_file (path: notes.txt): Buy milk.',
      '',
      CONFESSION,
    ],
  ]);
});

test('without tools the answer says so', () => {
  expect(played('Tell me about cogs.', {})).toEqual([
    [
      'There are no tools in this request, so nothing can be looked up or done. The question was: "Tell me about cogs."',
      '',
      CONFESSION,
    ],
  ]);
});

test('one call a turn, where calls may not be parallel', () => {
  expect(played('Weather in Oslo and Lima', { tools: [getWeather], parallel_tool_calls: false })).toEqual([
    ['get_weather {"city":"Oslo"}'],
    ['get_weather {"city":"Lima"}'],
    ['- get_weather (city: Oslo): done', '- get_weather (city: Lima): done', '', CONFESSION],
  ]);
});

test('a call is corrected twice at the most, and the failure is named', () => {
  const execute: Execute = (_, { order }) => `There is no order ${order}. Try order ${Number(order) + 1}.`;
  expect(played('Refund order 1', { tools: [refundOrder], execute })).toEqual([
    ['refund_order {"order":1}'],
    ['refund_order {"order":2}'],
    ['refund_order {"order":3}'],
    ['refund_order (order: 3) failed, also when corrected: There is no order 3. Try order 4.', '', CONFESSION],
  ]);
});

test('a denied call is not tried again', () => {
  expect(played('Refund order 42', { tools: [refundOrder], execute: () => 'Denied: too much.' })).toEqual([
    ['refund_order {"order":42}'],
    ['refund_order (order: 42) was not done: Denied: too much.', '', CONFESSION],
  ]);
});

test('an argument that nothing gives is made up by its schema', () => {
  const [[made = ''] = []] = played('Refund my order', { tools: [refundOrder] });
  expect(made).toMatch(/^refund_order \{"order":-?\d+\}$/);
});
