import { type $ZodType, toJSONSchema } from 'zod/v4/core';
import { ConfigError } from '../base/errors.ts';
import type { JsonSchema } from './json-schema.ts';
import { propertyPath } from './property-path.ts';

/** Zod 4's own schemas, classic and mini. */
export function isZod(schema: object): schema is $ZodType {
  return '_zod' in schema;
}

/** The input side of a zod 4 schema: what a model has to write. */
export function zodToJsonSchema(schema: $ZodType, where: string): JsonSchema {
  try {
    const { $schema: _, '~standard': __, ...jsonSchema } = toJSONSchema(schema, { io: 'input' });
    return jsonSchema;
  } catch (error) {
    const { path, type } = locate(schema);
    throw new ConfigError(`${where}${path}: JSON Schema can't express ${type}. ${FIXES[type] ?? FIX}`, {
      cause: error,
    });
  }
}

const FIX = 'Use a type that JSON has, and convert it in execute or with a codec.';

const FIXES: Readonly<Record<string, string>> = {
  date: 'Use z.iso.datetime(), or a codec.',
  bigint: 'Use z.int(), or a string with a codec.',
  map: 'Use z.record().',
  set: 'Use z.array().',
};

const UNREPRESENTABLE = new Set([
  'bigint',
  'symbol',
  'undefined',
  'void',
  'date',
  'map',
  'set',
  'nan',
  'custom',
  'function',
  'transform',
]);

/** Where the first thing is that JSON Schema can't express. Asked only after the conversion has failed. */
function locate(schema: $ZodType): { readonly path: string; readonly type: string } {
  let found = { path: '', type: 'this schema' };
  try {
    toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override({ zodSchema, path }) {
        const { type } = zodSchema._zod.def;
        if (found.path !== '' || !UNREPRESENTABLE.has(type)) return;
        found = { path: propertyPath(path), type };
      },
    });
  } catch {
    // Cyclic in a way that zod refuses: the cause says it.
  }
  return found;
}
