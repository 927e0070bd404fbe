import type { JsonSchema } from '@pawl/core/chat';
import { describe, expect, test } from 'vitest';
import type { ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { ALL_TYPES as all, number, sendProperty as sentTo, text } from './send-property.ts';

describe.each<[string, readonly ProfileName[], readonly (readonly [string, JsonSchema, JsonSchema])[]]>([
  [
    'vLLM',
    ['vllm'],
    [
      ['a supported format', { ...text, format: 'email' }, { ...text, format: 'email' }],
      ['an unsupported format', { ...text, format: 'idn-email' }, { ...text, description: 'format: "idn-email".' }],
      ['lengths', { ...text, minLength: 2 }, { ...text, minLength: 2 }],
      [
        'lengths beside a pattern',
        { ...text, minLength: 2, pattern: '^a' },
        { ...text, pattern: '^a', description: 'minLength: 2.' },
      ],
      [
        'lengths beside a format',
        { ...text, maxLength: 9, format: 'uri' },
        { ...text, format: 'uri', description: 'maxLength: 9.' },
      ],
      ['multipleOf', { ...number, multipleOf: 5 }, { ...number, description: 'multipleOf: 5.' }],
      [
        'unique items',
        { type: 'array', items: text, uniqueItems: true },
        { type: 'array', items: text, description: 'uniqueItems: true.' },
      ],
      [
        'a record',
        { type: 'object', propertyNames: text, additionalProperties: number },
        { type: 'object', additionalProperties: number },
      ],
      [
        'a record with restricted names',
        {
          type: 'object',
          propertyNames: { ...text, pattern: '^x' },
          additionalProperties: number,
          description: 'By name',
        },
        {
          type: 'object',
          additionalProperties: number,
          description: 'By name. propertyNames: {"type":"string","pattern":"^x"}.',
        },
      ],
    ],
  ],
  [
    'llama.cpp',
    ['llamacpp', 'ollama'],
    [
      [
        'a tuple',
        { type: 'array', prefixItems: [text, number], items: false, minItems: 2 },
        { type: 'array', items: [text, number], minItems: 2 },
      ],
      [
        'an open tuple',
        { type: 'array', prefixItems: [text], items: number, minItems: 1 },
        {
          type: 'array',
          items: { anyOf: [text, number] },
          minItems: 1,
          description: 'prefixItems: [{"type":"string"}].',
        },
      ],
      [
        'a tuple with optional elements',
        { type: 'array', prefixItems: [text, number], items: false, minItems: 1 },
        {
          type: 'array',
          items: { anyOf: [text, number] },
          minItems: 1,
          description: 'prefixItems: [{"type":"string"},{"type":"number"}].',
        },
      ],
      ['any value', {}, { type: all }],
      ['any value with a description', { description: 'A.' }, { type: all, description: 'A.' }],
      [
        'any value as a boolean schema',
        { type: 'object', properties: { b: true } } as JsonSchema,
        { type: 'object', properties: { b: { type: all } } },
      ],
      [
        'a property that is never allowed',
        { type: 'object', properties: { b: { not: {} }, c: false, d: text } },
        { type: 'object', properties: { d: text } },
      ],
      ['a pattern with both anchors', { ...text, pattern: '^[a-z]+$' }, { ...text, pattern: '^[a-z]+$' }],
      ['a pattern without anchors', { ...text, pattern: '[a-z]+' }, { ...text, description: 'pattern: "[a-z]+".' }],
      ['a pattern with escapes', { ...text, pattern: '^\\d{4}$' }, { ...text, description: 'pattern: "^\\\\d{4}$".' }],
      [
        'an unsupported pattern beside a format',
        { ...text, format: 'date', pattern: '^\\d{4}$' },
        { ...text, format: 'date' },
      ],
      ['lengths', { ...text, minLength: 1, maxLength: 1_999 }, { ...text, minLength: 1, maxLength: 1_999 }],
      [
        'lengths above the limit of grammars',
        { ...text, maxLength: 2_000 },
        { ...text, description: 'maxLength: 2000.' },
      ],
      [
        'element counts above the limit of grammars',
        { type: 'array', items: text, maxItems: 5_000 },
        { type: 'array', items: text, description: 'maxItems: 5000.' },
      ],
      [
        'an open object',
        { type: 'object', properties: {}, additionalProperties: {} },
        { type: 'object', properties: {}, additionalProperties: true },
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
