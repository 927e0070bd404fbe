import { draft07 } from '../schema/draft-07.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { linkedStrict } from '../schema/strict-link.ts';
import type { Profile } from './profile.ts';

export interface ShapedSchema {
  readonly schema: JsonSchema | undefined;
  readonly strict: boolean | null | undefined;
}

/** A schema in the form and dialect that the server takes: strict where it can be and nobody said otherwise. */
export function shapeSchema(
  { schema, strict }: ShapedSchema,
  { strictSchemas, schemaDialect }: Pick<Profile, 'strictSchemas' | 'schemaDialect'>,
): ShapedSchema {
  const isOpen = strictSchemas && strict === undefined && schema !== undefined;
  const form = isOpen ? linkedStrict(schema) : undefined;
  const chosen = form ?? schema;
  return {
    schema: chosen !== undefined && schemaDialect === 'draft-07' ? draft07(chosen) : chosen,
    strict: strictSchemas ? (form === undefined ? strict : true) : undefined,
  };
}
