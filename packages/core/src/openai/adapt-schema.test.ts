import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from '../schema/json-schema.ts';
import { tool } from '../tool/tool.ts';
import { adaptSchema } from './adapt-schema.ts';
import { resolveProfile } from './profile.ts';
import { PROFILES, type ProfileName } from './profiles.ts';

const text = { type: 'string' };

describe('references', () => {
  const node = {
    type: 'object',
    properties: { next: { $ref: '#/$defs/Node', description: 'The next.' }, tag: { $ref: '#/$defs/Tag' } },
  };
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/Node' }, b: { $ref: '#/$defs/Tag', description: 'B.' } },
    $defs: { Node: node, Tag: { ...text, description: 'A tag.' } },
  };

  test.each<ProfileName>(['moonshot', 'gemini'])(
    '%s: inlines a reference that is not recursive, and removes keywords beside a recursive one',
    (profile) => {
      const tag = { ...text, description: 'A tag.' };
      expect(adaptSchema({ schema, strict: undefined }, PROFILES[profile]).schema).toEqual({
        type: 'object',
        properties: { a: { $ref: '#/$defs/Node' }, b: { ...text, description: 'B.' } },
        $defs: {
          Node: {
            type: 'object',
            properties: { next: { description: 'The next.', anyOf: [{ $ref: '#/$defs/Node' }] }, tag },
          },
        },
      });
    },
  );

  test.each<[ProfileName, string]>([
    ['llamacpp', 'definitions'],
    ['lmstudio', '$defs'],
    ['moonshot', '$defs'],
  ])('%s: a reference to the root uses a name', (profile, keyword) => {
    const self = { type: 'object', properties: { next: { $ref: '#' } } };
    const named = { type: 'object', properties: { next: { $ref: `#/${keyword}/root` } } };
    expect(adaptSchema({ schema: self, strict: undefined }, PROFILES[profile]).schema).toEqual({
      ...named,
      [keyword]: { root: named },
    });
  });
});

describe('the strict form', () => {
  const defined = (input: z.ZodType): JsonSchema =>
    tool({ name: 't', description: '', input: input as z.ZodObject, execute: () => 1 }).jsonSchema;

  test('contains nothing that Cerebras refuses', () => {
    const schema = defined(z.object({ list: z.array(z.email()).min(1), count: z.int().min(1).optional() }));
    expect(adaptSchema({ schema, strict: undefined }, PROFILES.cerebras)).toEqual({
      strict: true,
      schema: {
        type: 'object',
        properties: {
          list: { type: 'array', items: { ...text, description: 'format: "email".' }, description: 'minItems: 1.' },
          count: { anyOf: [{ type: 'integer', description: 'minimum: 1.' }, { type: 'null' }] },
        },
        required: ['list', 'count'],
        additionalProperties: false,
      },
    });
  });

  test.each<[string, z.ZodType]>([
    [
      'is recursive',
      z.object({
        name: z.string(),
        get next() {
          return z.array(tree);
        },
      }),
    ],
    ['is too long', z.object({ a: z.string().describe('x'.repeat(5_000)) })],
  ])('is sent to OpenAI but not to Cerebras if it %s', (_, input) => {
    const schema = defined(input);
    expect(adaptSchema({ schema, strict: undefined }, PROFILES.cerebras).strict).toBeUndefined();
    expect(adaptSchema({ schema, strict: undefined }, PROFILES.openai).strict).toBe(true);
  });
});

const tree: z.ZodType = z.object({
  get children() {
    return z.array(tree);
  },
});

test('creates a form once per schema and kind of server', () => {
  const schema = { type: 'object', properties: { a: { ...text, pattern: '(?=a)' } } };
  const sent = (profile: ProfileName) => adaptSchema({ schema, strict: undefined }, PROFILES[profile]).schema;
  expect(sent('openai')).toBe(sent('azure'));
  expect(sent('groq')).toBe(sent('mistral'));
  expect(sent('openai')).not.toBe(sent('groq'));
});

test('returns the same schema object if the server supports all of it', () => {
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/A' } },
    required: ['a'],
    $defs: { A: { ...text, minLength: 1 } },
  };
  const kept = Object.values(PROFILES).filter(
    (profile) => adaptSchema({ schema, strict: undefined }, profile).schema === schema,
  );
  expect(kept.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['compatible', 'openai', 'vllm', 'lmstudio', 'anthropic']),
  );
});

test('a profile may set single fields of schemaSupport', () => {
  const options = { known: PROFILES, suggested: PROFILES.compatible };
  const profile = resolveProfile({ base: 'vllm', schemaSupport: { formats: 'any', tuples: 'none' } }, options);
  expect(profile.schemaSupport).toEqual({ ...PROFILES.vllm.schemaSupport, formats: 'any', tuples: 'none' });
  expect(resolveProfile({ base: 'vllm', developerRole: true }, options).schemaSupport).toBe(
    PROFILES.vllm.schemaSupport,
  );
});

test.each([
  [{ schemaSupport: { patern: 'none' } }, 'A profile has no field "schemaSupport.patern".'],
  [{ schemaSupport: { formats: 'none' } }, `The profile's schemaSupport.formats is "none". Pass "any", or a list.`],
  [
    { schemaSupport: { typeLists: true } },
    `The profile's schemaSupport.typeLists is true. Pass a value such as "any".`,
  ],
  [{ schemaSupport: 'full' }, `The profile's schemaSupport is "full".`],
])('refuses a profile with %j', (option, message) => {
  const options = { known: PROFILES, suggested: PROFILES.compatible };
  expect(() => resolveProfile(option as never, options)).toThrow(message);
});
