import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../base/errors.ts';
import type { Schema } from '../schema/schema.ts';
import { type Tool, type ToolOptions, tool } from './tool.ts';

const city = z.object({ city: z.string() });
const cityJson = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

test('creates a frozen tool with defaults', () => {
  const execute = (): string => 'sunny';
  const weather = tool({ name: 'get_weather', description: 'The weather.', input: city, execute });
  expect(weather).toEqual({
    name: 'get_weather',
    description: 'The weather.',
    effect: 'non-idempotent',
    exclusive: false,
    hasExternalResult: false,
    timeoutMs: 60_000,
    strictReport: [],
    maxInputRetries: 2,
    maxResultLength: 65_536,
    approvalTimeoutMs: Number.POSITIVE_INFINITY,
    functionObject: { name: 'get_weather', description: 'The weather.', parameters: cityJson },
    jsonSchema: cityJson,
    validate: expect.any(Function),
    execute,
    needsApproval: false,
  });
  expect(Object.isFrozen(weather)).toBe(true);
});

test('keeps the options', () => {
  const preview = (): string => 'rm -r';
  const options = {
    effect: 'idempotent',
    exclusive: true,
    timeoutMs: Number.POSITIVE_INFINITY,
    maxInputRetries: 0,
    maxResultLength: 1,
    approvalTimeoutMs: 5,
    needsApproval: true,
  } as const;
  expect(defined({ ...options, preview })).toMatchObject({ ...options, preview });
});

test.each(['a', 'get_weather', 'get-weather', 'Weather2', 'x'.repeat(64)])('accepts the name %j', (name) => {
  expect(defined({ name }).functionObject.name).toBe(name);
});

test.each([
  ['', '""'],
  ['get weather', '"get weather"'],
  ['get.weather', '"get.weather"'],
  ['wetter_für', '"wetter_für"'],
  ['get_weather\n', '"get_weather\\n"'],
  ['x'.repeat(65), `"${'x'.repeat(65)}"`],
  [undefined, 'undefined'],
  [7, '7'],
])('refuses the name %j', (name, quoted) => {
  expect(() => defined({ name: name as string })).toThrow(
    new ConfigError(
      `Tool name ${quoted} cannot be sent. Use 1 to 64 letters, digits, "_" and "-" (FunctionObject.name).`,
    ),
  );
});

test.each([
  ['timeoutMs', 0, 1],
  ['timeoutMs', Number.NaN, 1],
  ['approvalTimeoutMs', -1, 1],
  ['maxResultLength', 0, 1],
  ['maxInputRetries', -1, 0],
  ['maxInputRetries', Number.NaN, 0],
] as const)('refuses %s: %d, with the allowed range', (field, value, min) => {
  expect(() => defined({ [field]: value })).toThrow(
    new ConfigError(`Tool "t": ${field} is ${value}. Pass a number of ${min} or more.`),
  );
});

test('refuses an execute that is not a function', () => {
  expect(() => defined({ execute: undefined as never })).toThrow(
    new ConfigError(
      'Tool "t": execute is undefined. Pass (input, context) => …, or omit it if calls are answered from outside.',
    ),
  );
});

const circle = z.object({ type: z.literal('circle'), radius: z.number() });
const square = z.object({ type: z.literal('square'), side: z.number() });
const circleOrSquare = {
  type: 'object',
  description: 'One of: { type: "circle", radius } | { type: "square", side }.',
  properties: {
    type: { type: 'string', enum: ['circle', 'square'] },
    radius: { type: 'number' },
    side: { type: 'number' },
  },
  required: ['type'],
};
const node: z.ZodType = z
  .object({
    name: z.string(),
    get children() {
      return z.array(node);
    },
  })
  .meta({ id: 'Node', description: 'A node.' });

test.each([
  ['an object', city, cityJson],
  ['an object with an id', z.object({ city: z.string() }).meta({ id: 'City' }), expect.objectContaining(cityJson)],
  ['a lazy object', z.lazy(() => city), cityJson],
  [
    'a record',
    z.record(z.string(), z.number()),
    { type: 'object', propertyNames: { type: 'string' }, additionalProperties: { type: 'number' } },
  ],
  ['a union of objects', z.union([circle, square]), circleOrSquare],
  ['a discriminated union of objects', z.discriminatedUnion('type', [circle, square]), circleOrSquare],
  [
    'a recursive object with an id',
    node,
    {
      type: 'object',
      description: 'A node.',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/Node' } } },
      required: ['name', 'children'],
      $defs: { Node: expect.objectContaining({ type: 'object' }) },
    },
  ],
] as const)('sends an object at the root: %s', (_, input, parameters) => {
  const { jsonSchema, functionObject } = defined({ input });
  expect(jsonSchema).toEqual(parameters);
  expect(functionObject.parameters).toBe(jsonSchema);
});

test.each([
  ['a text', z.string(), '"string"'],
  ['a list', z.array(z.string()), '"array"'],
  ['a union of an object and a text', z.union([circle, z.string()]), '"no object"'],
  ['an object or null', city.nullable(), '"no object"'],
  ['anything', z.any(), '"no object"'],
])('refuses %s at the root, with the fix', (_, input, root) => {
  expect(() => defined({ input })).toThrow(
    new ConfigError(`Tool "t", input: the root is ${root}. Wrap it: z.object({ value: … }).`),
  );
});

test('refuses a schema that cannot be sent, with the name of the tool and the path', () => {
  expect(() => defined({ input: z.object({ on: z.date() }) })).toThrow(
    new ConfigError('Tool "t", input.on: JSON Schema can\'t express date. Use z.iso.datetime(), or a codec.'),
  );
});

test('accepts a copy with other fields as a tool', () => {
  const renamed: Tool = { ...defined({}), name: 'other', timeoutMs: 5 };
  expect([renamed.name, renamed.timeoutMs, renamed.jsonSchema]).toEqual(['other', 5, cityJson]);
});

function defined(options: Partial<ToolOptions<unknown, unknown>> & { readonly input?: Schema }): Tool {
  const { input = city, ...rest } = options;
  return tool({ name: 't', description: '', execute: () => 1, ...rest, input: input as z.ZodType });
}

test.each([
  ['null', null],
  ['7', 7],
])('refuses a description that is not a text: %s', (shown, description) => {
  expect(() => defined({ description: description as never })).toThrow(
    new ConfigError(`Tool "t": description is ${shown}. Pass a text, or omit it.`),
  );
});
