import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { listSubschemas, mapSubschemas } from './subschemas.ts';

/** A schema whose references to the root, `#`, point into `$defs` instead, so that it can be nested or replaced. */
export interface NamedRoot {
  /** The schema without `$defs`. */
  readonly schema: JsonSchema;
  readonly definitions: JsonSchema | undefined;
  /** The reference to the definition of the root; `undefined` if nothing refers to the root. */
  readonly reference: string | undefined;
}

/** Adds the root to its definitions as `name`, with `_` appended while the name is taken. */
export function nameRoot({ $defs, ...schema }: JsonSchema, name: string): NamedRoot {
  const definitions = isRecord($defs) ? $defs : undefined;
  if (!hasRootReference(schema) && !hasRootReference({ $defs })) return { schema, definitions, reference: undefined };
  let unused = name;
  while (definitions !== undefined && Object.hasOwn(definitions, unused)) unused += '_';
  const reference = `#/$defs/${unused}`;
  const named = replaceRootReferences({ $defs: { ...definitions, [unused]: schema } }, reference);
  return { schema: replaceRootReferences(schema, reference), definitions: named['$defs'] as JsonSchema, reference }; // Passed above.
}

/** Wraps a schema as `{ value: … }`: servers accept only an object at the root. */
export function wrapInValue(root: JsonSchema): JsonSchema {
  const { schema, definitions, reference } = nameRoot(root, 'value');
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

/** Replaces each reference to the root. */
export function replaceRootReferences(schema: JsonSchema, reference: string): JsonSchema {
  const mapped = mapSubschemas(schema, (each) => (isRecord(each) ? replaceRootReferences(each, reference) : each));
  return mapped['$ref'] === '#' ? { ...mapped, $ref: reference } : mapped;
}
