import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import type { CustomFormat } from '../chat/request.ts';
import { type CustomToolOptions, customTool } from './custom-tool.ts';
import type { Tool } from './tool.ts';

const execute = (text: string): string => text;

function defined(options: Partial<CustomToolOptions>): Tool<unknown> {
  return customTool({ name: 'sql', description: 'Runs a query.', execute, ...options });
}

function regex(definition: string): CustomFormat {
  return { type: 'grammar', grammar: { syntax: 'regex', definition } };
}

function parameters(description: string): object {
  return {
    type: 'object',
    properties: { input: { type: 'string', description } },
    required: ['input'],
    additionalProperties: false,
  };
}

test('creates a frozen tool with a custom and a function definition', () => {
  const tool = defined({});
  expect(tool).toEqual({
    name: 'sql',
    description: 'Runs a query.',
    effect: 'non-idempotent',
    exclusive: false,
    hasExternalResult: false,
    timeoutMs: 60_000,
    strictReport: [],
    maxInputRetries: 2,
    maxResultLength: 65_536,
    approvalTimeoutMs: Number.POSITIVE_INFINITY,
    functionObject: { name: 'sql', description: 'Runs a query.', parameters: parameters('Any text.') },
    customObject: { name: 'sql', description: 'Runs a query.' },
    jsonSchema: parameters('Any text.'),
    validate: expect.any(Function),
    execute,
    needsApproval: false,
  });
  expect(Object.isFrozen(tool)).toBe(true);
});

test.each<[CustomFormat, string]>([
  [{ type: 'text' }, 'Any text.'],
  [regex('^SELECT .+$'), 'Text that matches this regular expression as a whole: ^SELECT .+$'],
  [
    { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "SELECT" NAME' } },
    'Text that this Lark grammar allows:\nstart: "SELECT" NAME',
  ],
])('sends the format %j, and describes it in the function definition', (format, note) => {
  const { customObject, functionObject } = defined({ format });
  expect(customObject).toEqual({ name: 'sql', description: 'Runs a query.', format });
  expect(functionObject.parameters).toEqual(parameters(note));
});

test.each([
  [{ input: 'SELECT 1' }, { ok: true, value: 'SELECT 1' }],
  [{ input: '' }, { ok: true, value: '' }],
  [{}, { ok: false, issues: 'input: expected string, got undefined' }],
  [{ input: null }, { ok: false, issues: 'input: expected string, got null' }],
  [{ input: 1 }, { ok: false, issues: 'input: expected string, got number' }],
  ['SELECT 1', { ok: false, issues: 'input: expected string, got undefined' }],
])('reads the text of the function form: %j', async (value, read) => {
  expect(await defined({}).validate(value)).toEqual(read);
});

test.each(['(?i)select', '(?P<name>.+)', 'a++', '[]x(]', 'a{2}{3}', '(?<year>\\d{4})'])(
  'accepts a regular expression of another dialect: %s',
  (definition) => {
    expect(defined({ format: regex(definition) }).customObject?.format).toEqual(regex(definition));
  },
);

test.each([
  ['no format', null, 'format: type is undefined. Use "text" or "grammar".'],
  ['an unknown type', { type: 'json' }, 'format: type is "json". Use "text" or "grammar".'],
  ['no grammar', { type: 'grammar' }, 'format.grammar: syntax is undefined. Use "lark" or "regex".'],
  [
    'an unknown syntax',
    { type: 'grammar', grammar: { syntax: 'ebnf', definition: 'a' } },
    'format.grammar: syntax is "ebnf". Use "lark" or "regex".',
  ],
  [
    'no definition',
    { type: 'grammar', grammar: { syntax: 'lark' } },
    'format.grammar: definition is undefined. Pass the lark as a text.',
  ],
  ['a blank definition', regex(' '), 'format.grammar: definition is " ". Pass the regex as a text.'],
  ['an open group', regex('^(SELECT'), 'format.grammar: definition is not a regular expression. Fix it: '],
  ['an open class', regex('[a-z'), 'format.grammar: definition is not a regular expression. Fix it: '],
])('refuses %s, with the tool, the path and the fix', (_, format, message) => {
  expect(() => defined({ format: format as CustomFormat })).toThrow(ConfigError);
  expect(() => defined({ format: format as CustomFormat })).toThrow(`Tool "sql", ${message}`);
});

test('refuses a name that cannot be sent', () => {
  expect(() => defined({ name: 'run sql' })).toThrow(
    new ConfigError(
      'Tool name "run sql" cannot be sent. Use 1 to 64 letters, digits, "_" and "-" (FunctionObject.name).',
    ),
  );
});
