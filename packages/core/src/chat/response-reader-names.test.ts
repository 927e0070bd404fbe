import { expect, test } from 'vitest';
import type { ToolObject } from './request.ts';
import type { Delta } from './response.ts';
import { ResponseReader } from './response-reader.ts';

interface Piece {
  readonly index?: number;
  readonly id?: string;
  readonly name?: string;
  readonly text?: string;
}

interface Read {
  readonly calls: readonly string[];
  readonly emitted: readonly string[];
}

/** Returns the calls from pieces in separate chunks, with the deltas of each: `name(arguments)`. */
function read(pieces: readonly Piece[], names: readonly string[] | undefined): Read {
  const tools = names?.map((name): ToolObject => ({ type: 'function', function: { name } }));
  const reader = new ResponseReader({ tools });
  const deltas: Delta[] = [];
  for (const { index, id, name, text } of pieces) {
    const called = { ...(name !== undefined && { name }), ...(text !== undefined && { arguments: text }) };
    const call = { ...(index !== undefined && { index }), ...(id !== undefined && { id }), function: called };
    deltas.push(...reader.read({ choices: [{ index: 0, delta: { tool_calls: [call] } }] }));
  }
  const { response, deltas: held } = reader.finish('done');
  const emitted = new Map<number, { name: string; text: string }>();
  for (const delta of [...deltas, ...held]) {
    if (delta.type !== 'call') continue;
    emitted.set(delta.index, { name: delta.name, text: (emitted.get(delta.index)?.text ?? '') + delta.delta });
  }
  const calls = response.choices[0].message.tool_calls ?? [];
  return {
    calls: calls.map((call) => (call.type === 'function' ? `${call.function.name}(${call.function.arguments})` : '')),
    emitted: [...emitted]
      .sort(([a], [b]) => a - b)
      .map(([, call]) => call)
      .map(({ name, text }) => `${name}(${text})`),
  };
}

const oslo = '{"city":"Oslo"}';

test.each<{ readonly what: string; readonly pieces: readonly Piece[]; readonly names?: readonly string[] }>([
  {
    what: 'three pieces',
    pieces: [
      { index: 0, id: 'a', name: 'get' },
      { index: 0, name: '_wea' },
      { index: 0, name: 'ther', text: oslo },
    ],
  },
  {
    what: 'pieces that repeat the id',
    pieces: [
      { index: 0, id: 'a', name: 'get_' },
      { index: 0, id: 'a', name: 'weather' },
      { index: 0, id: 'a', text: oslo },
    ],
  },
  {
    what: 'pieces with empty arguments between them',
    pieces: [
      { index: 0, id: 'a', name: 'get_', text: '' },
      { index: 0, text: '' },
      { index: 0, name: 'weather', text: '' },
      { index: 0, text: oslo },
    ],
  },
  {
    what: 'pieces with a placeholder between them',
    pieces: [
      { index: 0, id: 'a', name: 'get_', text: '{}' },
      { index: 0, name: 'weather' },
      { index: 0, text: oslo },
    ],
  },
  { what: 'pieces without an index', pieces: [{ id: 'a', name: 'get_' }, { name: 'weather' }, { text: oslo }] },
  {
    what: 'pieces of which the second is itself a tool',
    pieces: [
      { index: 0, name: 'get_' },
      { index: 0, name: 'weather', text: oslo },
    ],
    names: ['get_weather', 'weather'],
  },
  {
    what: 'pieces of which the first is itself a tool',
    pieces: [
      { index: 0, name: 'get' },
      { index: 0, name: '_weather', text: oslo },
    ],
    names: ['get', 'get_weather'],
  },
  {
    what: 'equal pieces',
    pieces: [
      { index: 0, name: 'get_' },
      { index: 0, name: 'get_' },
      { index: 0, name: 'x', text: oslo },
    ],
    names: ['get_get_x'],
  },
  {
    what: 'snapshots',
    pieces: [
      { index: 0, name: 'g' },
      { index: 0, name: 'get_' },
      { index: 0, name: 'get_weather', text: oslo },
    ],
  },
  {
    what: 'snapshots that pass the name of another tool',
    pieces: [
      { index: 0, name: 'get' },
      { index: 0, name: 'get_weather' },
      { index: 0, text: oslo },
    ],
    names: ['get', 'get_weather'],
  },
  {
    what: 'pieces after a namespace',
    pieces: [
      { index: 0, name: 'func' },
      { index: 0, name: 'tions.get_' },
      { index: 0, name: 'weather', text: oslo },
    ],
  },
  {
    what: 'pieces with the mark of a channel',
    pieces: [
      { index: 0, name: 'get_weather' },
      { index: 0, name: '<|channel|>' },
      { index: 0, name: 'commentary', text: oslo },
    ],
  },
])('reads a name in $what as one call', ({ pieces, names = ['get_weather', 'get_time'] }) => {
  const name = names.includes('get_get_x') ? 'get_get_x' : 'get_weather';
  expect(read(pieces, names)).toEqual({ calls: [`${name}(${oslo})`], emitted: [`${name}(${oslo})`] });
});

test.each<{
  readonly what: string;
  readonly pieces: readonly Piece[];
  readonly names?: readonly string[] | undefined;
  readonly calls: readonly string[];
}>([
  {
    what: 'two tools with one index',
    pieces: [
      { index: 0, name: 'time', text: '' },
      { index: 0, name: 'weather', text: oslo },
    ],
    calls: ['time()', `weather(${oslo})`],
  },
  {
    what: 'two tools with one index, if the tools are unknown',
    pieces: [
      { index: 0, name: 'time', text: '' },
      { index: 0, name: 'weather', text: oslo },
    ],
    names: undefined,
    calls: ['time()', `weather(${oslo})`],
  },
  {
    what: 'two tools of which one begins like the other, the second with arguments',
    pieces: [
      { index: 0, name: 'time', text: '' },
      { index: 0, name: 'time_zone', text: oslo },
    ],
    calls: ['time()', `time_zone(${oslo})`],
  },
  {
    what: 'different ids',
    pieces: [
      { index: 0, id: 'a', name: 'time', text: '' },
      { index: 0, id: 'b', name: 'time_zone', text: '' },
    ],
    calls: ['time()', 'time_zone()'],
  },
  {
    what: 'complete arguments',
    pieces: [
      { index: 0, name: 'time', text: '{}' },
      { index: 0, name: 'time_zone', text: '{}' },
    ],
    calls: ['time({})', 'time_zone({})'],
  },
  {
    what: 'two names that do not form a tool',
    pieces: [
      { index: 0, name: 'look', text: '' },
      { index: 0, name: 'up', text: '' },
    ],
    calls: ['look()', 'up()'],
  },
  {
    what: 'different indexes',
    pieces: [
      { index: 0, name: 'time' },
      { index: 1, name: '_zone' },
    ],
    calls: ['time()', '_zone()'],
  },
])('reads names with $what as two calls', ({ pieces, calls, ...options }) => {
  const names = 'names' in options ? options.names : ['time', 'weather', 'time_zone'];
  expect(read(pieces, names)).toEqual({ calls, emitted: calls });
});

test('a placeholder before the arguments does not begin a call if name and id are repeated', () => {
  const pieces = ['{}', '{"ci', oslo].map((text) => ({ index: 0, id: 'a', name: 'get_weather', text }));
  expect(read(pieces, ['get_weather'])).toEqual({ calls: [`get_weather(${oslo})`], emitted: [`get_weather(${oslo})`] });
});

test('reads a growing name as one call if the tools are unknown', () => {
  const pieces = [
    { index: 0, name: 'get_' },
    { index: 0, name: 'get_weather', text: oslo },
  ];
  expect(read(pieces, undefined).calls).toEqual([`get_weather(${oslo})`]);
});

test.each([
  'get_weather<|channel|>commentary',
  'get_weather<|constrain|>json',
  'get_weather <|message|>',
  'functions.get_weather',
  'functions.get_weather:0',
  'default_api.get_weather',
  'to=functions.get_weather',
  'assistant<|channel|>commentary to=functions.get_weather<|constrain|>json',
  'get_weather:12',
])('reads the name %j as get_weather', (name) => {
  const result = read([{ index: 0, id: 'a', name, text: oslo }], ['get_weather']);
  expect(result).toEqual({ calls: [`get_weather(${oslo})`], emitted: [`get_weather(${oslo})`] });
});

test.each([
  ['a tool has it', 'get_weather:0', ['get_weather', 'get_weather:0']],
  ['no part of it is a tool', 'functions.look', ['get_weather']],
  ['only a part of it is a tool', 'get_weather_now', ['get_weather']],
  ['it is in another case', 'GET_WEATHER', ['get_weather']],
  ['it is longer than any name', `get_weather<|${'x'.repeat(1000)}`, ['get_weather']],
  ['the tools are unknown', 'functions.get_weather', undefined],
])('keeps a name if %s', (_, name, names) => {
  expect(read([{ index: 0, id: 'a', name, text: oslo }], names).calls).toEqual([`${name}(${oslo})`]);
});

test('emits a delta for each call, even without arguments', () => {
  const pieces = [
    { index: 0, id: 'a', name: 'time', text: '' },
    { index: 1, id: 'b', name: 'weather', text: oslo },
    { index: 2, id: 'c', name: 'time' },
  ];
  expect(read(pieces, ['time', 'weather']).emitted).toEqual(['time()', `weather(${oslo})`, 'time()']);
});

test('emits one delta for a call without arguments, even if several finish reasons come', () => {
  const reader = new ResponseReader();
  const tool_calls = [{ index: 0, id: 'a', type: 'function', function: { name: 'time', arguments: '' } }];
  const chunks = [
    { delta: { tool_calls } },
    { delta: {}, finish_reason: 'tool_calls' },
    { delta: {}, finish_reason: 'stop' },
  ];
  const deltas = chunks.flatMap((choice) => reader.read({ choices: [{ index: 0, ...choice }] }));
  expect([...deltas, ...reader.finish('done').deltas]).toEqual([
    { type: 'call', index: 0, id: 'a', name: 'time', delta: '' },
  ]);
});
