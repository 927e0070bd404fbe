import type { JsonSchema } from '@pawl/core/chat';
import { describe, expect, test } from 'vitest';
import type { ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { ALL_TYPES as all, number, sendProperty as sentTo, text } from './send-property.ts';

const address = '^(?:[a-z]+\\.)+[a-z]{2,}$';

describe.each<[string, readonly ProfileName[], readonly (readonly [string, JsonSchema, JsonSchema])[]]>([
  [
    'servers that compile patterns with Python',
    ['openai', 'azure', 'openrouter'],
    [
      ['a pattern', { ...text, pattern: address }, { ...text, pattern: address }],
      ['a pattern with look-around', { ...text, pattern: '^(?!a)' }, { ...text, description: 'pattern: "^(?!a)".' }],
      [
        'a pattern with Unicode classes',
        { ...text, pattern: '\\p{L}' },
        { ...text, description: 'pattern: "\\\\p{L}".' },
      ],
      [
        'an unsupported pattern beside a format',
        { ...text, format: 'duration', pattern: '(?=P)' },
        { ...text, format: 'duration' },
      ],
      [
        'pattern properties',
        { type: 'object', patternProperties: { '(?=x)': text } },
        { type: 'object', description: 'patternProperties: {"(?=x)":{"type":"string"}}.' },
      ],
      ['an array of any value', { type: 'array' }, { type: 'array', items: {} }],
      [
        'a tuple',
        { type: 'array', prefixItems: [text, number], items: false, minItems: 2, maxItems: 2 },
        {
          type: 'array',
          items: { anyOf: [text, number] },
          minItems: 2,
          maxItems: 2,
          description: 'prefixItems: [{"type":"string"},{"type":"number"}].',
        },
      ],
      [
        'a tuple of one type',
        { type: 'array', prefixItems: [text, text], items: false },
        { type: 'array', items: text, description: 'prefixItems: [{"type":"string"},{"type":"string"}].' },
      ],
    ],
  ],
  [
    'servers that convert a schema to a grammar',
    ['compatible', 'groq', 'mistral', 'anthropic', 'litellm', 'deepseek', 'qwen', 'zai'],
    [
      ['a pattern', { ...text, pattern: '^\\d+$' }, { ...text, pattern: '^\\d+$' }],
      ['a pattern with a word boundary', { ...text, pattern: 'a\\b' }, { ...text, description: 'pattern: "a\\\\b".' }],
      ['a back reference', { ...text, pattern: '(a)\\1' }, { ...text, description: 'pattern: "(a)\\\\1".' }],
      [
        'all other keywords',
        { type: 'array', prefixItems: [{}, true], items: false, uniqueItems: true },
        { type: 'array', prefixItems: [{}, true], items: false, uniqueItems: true },
      ],
    ],
  ],
  [
    'Moonshot',
    ['moonshot'],
    [
      ['any value', {}, { type: all }],
      ['a constant', { const: 5 }, { type: 'number', enum: [5] }],
      ['a constant that is null', { const: null }, { type: 'null' }],
      ['values of one type', { enum: ['a', 'b'] }, { type: 'string', enum: ['a', 'b'] }],
      [
        'values of several types',
        { enum: ['a', 1, null], description: 'A.' },
        {
          description: 'A.',
          anyOf: [{ type: 'string', enum: ['a'] }, { type: 'number', enum: [1] }, { type: 'null' }],
        },
      ],
      [
        'values of another type than the type keyword',
        { type: 'boolean', enum: ['True', 'False'] },
        { type: 'string', enum: ['True', 'False'] },
      ],
      ['flags', { enum: [true] }, { type: 'boolean', description: 'enum: [true].' }],
      [
        'several types',
        { type: ['string', 'null'], description: 'A.' },
        { type: ['string', 'null'], description: 'A.' },
      ],
      [
        'several types with other keywords',
        { type: ['string', 'number', 'null'], minLength: 2, minimum: 1 },
        { anyOf: [{ ...text, minLength: 2 }, { ...number, minimum: 1 }, { type: 'null' }] },
      ],
      [
        'a type beside a union',
        { type: 'string', anyOf: [{ minLength: 3 }, { enum: ['x'] }], description: 'A.' },
        {
          description: 'A.',
          anyOf: [
            { ...text, minLength: 3 },
            { ...text, enum: ['x'] },
          ],
        },
      ],
      ['a oneOf union', { oneOf: [text, { type: 'null' }] }, { anyOf: [text, { type: 'null' }] }],
      [
        'properties beside a union',
        {
          type: 'object',
          properties: { c: text },
          anyOf: [{ required: ['c'] }, { properties: { d: text }, required: ['d'] }],
        },
        {
          anyOf: [
            { type: 'object', properties: { c: text }, required: ['c'] },
            { type: 'object', properties: { c: text, d: text }, required: ['d'] },
          ],
        },
      ],
      [
        'several parts of allOf',
        { allOf: [text, { minLength: 2 }], description: 'A.' },
        { ...text, minLength: 2, description: 'A.' },
      ],
      [
        'limits of integers',
        { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 9.5 },
        { type: 'integer', minimum: 1, maximum: 9 },
      ],
      ['other limits', { ...number, exclusiveMinimum: 0 }, { ...number, description: 'exclusiveMinimum: 0.' }],
      ['a default', { ...text, default: 'x', description: 'A' }, { ...text, description: 'A. Default: "x".' }],
      ['a format', { ...text, format: 'email', pattern: '^.@' }, { ...text, description: 'format: "email".' }],
      ['a keyword of one type without a type', { minLength: 2 }, { type: 'string', minLength: 2 }],
      [
        'a required property without a schema',
        { type: 'object', properties: {}, required: ['b'] },
        { type: 'object', properties: { b: { type: all } }, required: ['b'] },
      ],
      ['an array of any value', { type: 'array' }, { type: 'array', items: { type: all } }],
      [
        'limits of safe integers',
        { type: 'integer', minimum: -9007199254740991 },
        { type: 'integer', minimum: -9007199254740991 },
      ],
    ],
  ],
  [
    'Gemini',
    ['gemini'],
    [
      ['a constant', { const: 'x' }, { type: 'string', enum: ['x'] }],
      ['a constant that is a number', { type: 'integer', const: 5 }, { type: 'integer', description: 'enum: [5].' }],
      ['several types', { type: ['string', 'null'] }, { anyOf: [text, { type: 'null' }] }],
      [
        'a closed object',
        { type: 'object', properties: { b: text }, additionalProperties: false },
        { type: 'object', properties: { b: text } },
      ],
      [
        'a record',
        { type: 'object', propertyNames: text, additionalProperties: number },
        { type: 'object', additionalProperties: number },
      ],
      ['a supported format', { ...text, format: 'date-time' }, { ...text, format: 'date-time' }],
      ['an unsupported format', { ...text, format: 'uuid' }, { ...text, description: 'format: "uuid".' }],
      [
        'keywords that do not restrict values',
        { ...text, $schema: 'x', $comment: 'y', readOnly: true, deprecated: true },
        text,
      ],
    ],
  ],
  [
    'Cerebras',
    ['cerebras'],
    [
      [
        'several types',
        { type: ['string', 'null'], minLength: 1 },
        { anyOf: [{ ...text, description: 'minLength: 1.' }, { type: 'null' }] },
      ],
      [
        'limits of integers of zod',
        { type: 'integer', minimum: 1, maximum: 9007199254740991 },
        { type: 'integer', description: 'minimum: 1.' },
      ],
      [
        'lengths of arrays',
        { type: 'array', items: text, minItems: 1 },
        { type: 'array', items: text, description: 'minItems: 1.' },
      ],
      ['a constant', { const: true }, { enum: [true] }],
    ],
  ],
  [
    'xAI',
    ['xai'],
    [
      ['lengths', { ...text, minLength: 1 }, { ...text, description: 'minLength: 1.' }],
      [
        'several parts of allOf',
        { allOf: [{ type: 'object', properties: { b: text } }, { properties: { c: text } }] },
        { type: 'object', properties: { b: text, c: text } },
      ],
    ],
  ],
])('%s', (_, profiles, rows) => {
  test.each(rows)('%s', (_name, given, sent) => {
    const before = structuredClone(given);
    for (const profile of profiles) expect({ profile, sent: sentTo(profile, given) }).toEqual({ profile, sent });
    expect(given).toEqual(before);
  });
});
