import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ToolCall } from '../chat/message.ts';
import { parseArguments, readArguments } from './arguments.ts';
import { customTool } from './custom-tool.ts';
import { tool } from './tool.ts';

test.each([
  ['{"city":"Oslo"}', { city: 'Oslo' }],
  [' {"city" : "Oslo"}\n', { city: 'Oslo' }],
  ['', {}],
  ['  \n', {}],
  ['{}', {}],
  ['"{\\"city\\":\\"Oslo\\"}"', { city: 'Oslo' }],
  ['"\\"{}\\""', '"{}"'],
  ['"Oslo"', 'Oslo'],
  ['"[1]"', '[1]'],
  ['null', {}],
  [' null\n', {}],
  ['None', {}],
  ['undefined', {}],
  ['""', {}],
  ['"null"', {}],
  ['"{}"', {}],
  ['"[]"', []],
  ['{"a":null}', { a: null }],
  ['[{"city":"Oslo"}]', [{ city: 'Oslo' }]],
  ['7', 7],
])('parses the arguments %j as %j', (text, value) => {
  expect(parseArguments(text)).toEqual({ ok: true, value });
});

test.each([
  ['{"city": Oslo}', 'unexpected "O" at position 9'],
  ['{"city": "Oslo"', 'unexpected end at position 15'],
  ['{"a":1}{"b":2}', 'unexpected "{" at position 7'],
  ['city=Oslo', 'unexpected "c" at position 0'],
  ["{'city': 'Oslo'}", 'unexpected "\'" at position 1'],
])('refuses the arguments %j, and names the position of the syntax error', (text, problem) => {
  expect(parseArguments(text)).toEqual({
    ok: false,
    issues: `The arguments are not valid JSON: ${problem}. Send one JSON object.`,
  });
});

test.each([
  ['lists', '['.repeat(501)],
  ['objects', '{"a":'.repeat(501)],
])('refuses arguments that are nested too deeply: %s', (_, text) => {
  expect(parseArguments(text)).toEqual({
    ok: false,
    issues: 'The arguments are nested too deeply. Use at most 500 levels.',
  });
});

test.each([
  ['{"x":1e400}', 'x'],
  ['"{\\"x\\":1e400}"', 'x'],
  ['[1.5e400]', '[0]'],
])('refuses a number above the range of a double: %s', (text, path) => {
  const issues = `${path}: the number is too large. Use at most 1.7976931348623157e308.`;
  expect(parseArguments(text)).toEqual({ ok: false, issues });
});

test('refuses arguments of more than 1 MiB', () => {
  expect(parseArguments(`{"a":"${'x'.repeat(1_048_576)}"}`)).toEqual({
    ok: false,
    issues: 'The arguments have 1048584 characters. Send at most 1048576.',
  });
});

test.each([
  '{"a":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}},"list":[{"__proto__":1}]}',
  '{"a":{"\\u005f_proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}},"list":[{"__proto\\u005f_":1}]}',
  JSON.stringify(
    '{"a":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}},"list":[{"__proto__":1}]}',
  ),
])('does not set a prototype from a key: %s', async (text) => {
  const parsed = parseArguments(text);
  expect(parsed).toEqual({ ok: true, value: { a: { constructor: { prototype: { polluted: true } } }, list: [{}] } });
  const loose = tool({
    name: 'loose',
    description: 'Takes anything.',
    input: z.looseObject({ a: z.looseObject({}) }),
    execute: () => '',
  });
  const read = await readArguments(loose, calling(text));
  expect(['polluted' in {}, read.ok && 'polluted' in (read.value as { a: object }).a]).toEqual([false, false]);
});

test('does not count brackets in a text as levels', () => {
  const text = JSON.stringify({ a: `\\"${'['.repeat(1000)}`, b: [] });
  expect(parseArguments(text)).toEqual({ ok: true, value: JSON.parse(text) });
  expect(parseArguments(`[${'[],'.repeat(1000)}7]`)).toMatchObject({ ok: true });
});

test('does not repeat long arguments in an issue', () => {
  const parsed = parseArguments(`{"city": ${'x'.repeat(10_000)}}`);
  expect(parsed).toEqual({
    ok: false,
    issues: 'The arguments are not valid JSON: unexpected "x" at position 9. Send one JSON object.',
  });
});

function calling(text: string): ToolCall {
  return { id: 'c', type: 'function', function: { name: 'get_weather', arguments: text } };
}

const weather = tool({
  name: 'get_weather',
  description: 'The weather.',
  input: z.object({ city: z.string(), days: z.int().default(1) }),
  execute: () => 'sunny',
});

test.each([
  ['{"city":"Oslo"}', { ok: true, value: { city: 'Oslo', days: 1 } }],
  ['{"city":"Oslo","days":null}', { ok: true, value: { city: 'Oslo', days: 1 } }],
  ['', { ok: false, issues: 'city: expected string, got undefined' }],
  ['null', { ok: false, issues: 'city: expected string, got undefined' }],
  ['[]', { ok: false, issues: 'arguments: expected object, got array' }],
  ['{"city":7}', { ok: false, issues: 'city: expected string, got number' }],
  [
    '{"city"}',
    {
      ok: false,
      issues: 'The arguments are not valid JSON: unexpected "}" at position 7. Send one JSON object.',
    },
  ],
])('validates the arguments %j with the schema of the tool', async (text, answer) => {
  await expect(readArguments(weather, calling(text))).resolves.toEqual(answer);
});

test.each([
  ['an error', new Error('The database is away.'), 'The database is away.'],
  ['a thrown text', 'away', 'away'],
])('reports %s of a schema as an issue', async (_, thrown, issues) => {
  const broken = {
    ...weather,
    validate: () => {
      throw thrown;
    },
  };
  await expect(readArguments(broken, calling('{}'))).resolves.toEqual({ ok: false, issues });
});

const shell = customTool({ name: 'shell', description: 'Runs a command.', execute: () => 1 });

function writing(input: string): ToolCall {
  return { id: 'c', type: 'custom', custom: { name: 'any', input } };
}

test.each([
  ['passes the text of a custom call to a custom tool', shell, writing('{"a":'), { ok: true, value: '{"a":' }],
  ['passes an empty text', shell, writing(''), { ok: true, value: '' }],
  ['reads the text from a function call', shell, calling('{"input":"ls\\n"}'), { ok: true, value: 'ls\n' }],
  [
    'refuses a function call without the text',
    shell,
    calling('{"command":"ls"}'),
    { ok: false, issues: 'input: expected string, got undefined' },
  ],
  [
    'parses the JSON of a custom call to a function tool',
    weather,
    writing('{"city":"Oslo"}'),
    { ok: true, value: { city: 'Oslo', days: 1 } },
  ],
  [
    'refuses a custom call to a function tool with invalid JSON',
    weather,
    writing('Oslo'),
    {
      ok: false,
      issues: 'The arguments are not valid JSON: unexpected "O" at position 0. Send one JSON object.',
    },
  ],
] as const)('%s', async (_, tool, call, answer) => {
  await expect(readArguments(tool, call)).resolves.toEqual(answer);
});
