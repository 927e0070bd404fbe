import { memoize } from '../base/memoize.ts';
import { toDraft07 } from '../schema/draft-07.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { isRecursive, reduceSchema } from '../schema/reduce-schema.ts';
import type { SchemaSupport } from '../schema/schema-support.ts';
import { getStrictForm } from '../schema/strict-form-link.ts';
import type { Profile } from './profile.ts';

export interface ShapedSchema {
  readonly schema: JsonSchema | undefined;
  readonly strict: boolean | null | undefined;
}

/** A schema in the form and dialect that the server takes: strict where it can be and nobody said otherwise. */
export function shapeSchema(
  { schema, strict }: ShapedSchema,
  { strictSchemas, schemaDialect, schemaSupport }: Pick<Profile, 'strictSchemas' | 'schemaDialect' | 'schemaSupport'>,
): ShapedSchema {
  const isOpen = strictSchemas && strict === undefined && schema !== undefined;
  const form = isOpen ? findStrictForm(schema, schemaSupport) : undefined;
  const chosen = form ?? (schema && reducerFor(schemaSupport)(schema));
  return {
    schema: chosen !== undefined && schemaDialect === 'draft-07' ? toDraft07(chosen) : chosen,
    strict: strictSchemas ? (form === undefined ? strict : true) : undefined,
  };
}

/** The strict form of a schema, if there is one that the server takes. */
function findStrictForm(schema: JsonSchema, support: SchemaSupport): JsonSchema | undefined {
  const linked = getStrictForm(schema);
  if (linked === undefined) return undefined;
  const { maxStrictLength, strictRecursion } = support;
  const form = reducerFor(support)(linked);
  const isShort = maxStrictLength === Number.POSITIVE_INFINITY || JSON.stringify(form).length <= maxStrictLength;
  return isShort && (strictRecursion || !isRecursive(form)) ? form : undefined;
}

/** Made once for each schema and kind of server. */
const reducerFor = memoize((support: SchemaSupport) => memoize((schema: JsonSchema) => reduceSchema(schema, support)));
