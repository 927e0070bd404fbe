import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { listSubschemas, mapSubschemas } from './subschemas.ts';

/** A schema whose references to its own root, `#`, lead into its `$defs`: it can then stand anywhere, or be another. */
export interface NamedRoot {
  /** Without `$defs`. */
  readonly schema: JsonSchema;
  readonly definitions: JsonSchema | undefined;
  /** What refers to the root, if anything does: the whole stands there. */
  readonly reference: string | undefined;
}

/** Gives the root a name among its definitions: `name`, or one like it. */
export function nameRoot({ $defs, ...schema }: JsonSchema, name: string): NamedRoot {
  const definitions = isRecord($defs) ? $defs : undefined;
  if (!hasRootReference(schema) && !hasRootReference({ $defs })) return { schema, definitions, reference: undefined };
  let free = name;
  while (definitions !== undefined && Object.hasOwn(definitions, free)) free += '_';
  const reference = `#/$defs/${free}`;
  const named = replaceRootReferences({ $defs: { ...definitions, [free]: schema } }, reference);
  return { schema: replaceRootReferences(schema, reference), definitions: named['$defs'] as JsonSchema, reference }; // As given above.
}

/** `{ value: … }` around a schema whose root is no object: servers take nothing else there. */
export function wrapped(given: JsonSchema): JsonSchema {
  const { schema, definitions, reference } = nameRoot(given, 'value');
  return {
    type: 'object',
    required: ['value'],
    additionalProperties: false,
    properties: { value: reference === undefined ? schema : { $ref: reference } },
    ...(definitions !== undefined && { $defs: definitions }),
  };
}

export function hasRootReference(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  return schema['$ref'] === '#' || listSubschemas(schema).some(([, each]) => hasRootReference(each));
}

/** The schema with another reference in place of each to the root. */
export function replaceRootReferences(schema: JsonSchema, reference: string): JsonSchema {
  const mapped = mapSubschemas(schema, (each) => (isRecord(each) ? replaceRootReferences(each, reference) : each));
  return mapped['$ref'] === '#' ? { ...mapped, $ref: reference } : mapped;
}
