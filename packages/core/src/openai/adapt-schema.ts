import { memoize } from '../base/memoize.ts';
import { toDraft07 } from '../schema/draft-07.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { isRecursive, reduceSchema } from '../schema/reduce-schema.ts';
import type { SchemaSupport } from '../schema/schema-support.ts';
import { getStrictForm } from '../schema/strict-form-link.ts';
import type { Profile } from './profile.ts';

export interface AdaptedSchema {
  readonly schema: JsonSchema | undefined;
  readonly strict: boolean | null | undefined;
}

/** Adapts a schema to the form and dialect that the server supports. Uses the strict form if there is one and `strict` is not set. */
export function adaptSchema(
  { schema, strict }: AdaptedSchema,
  { strictSchemas, schemaDialect, schemaSupport }: Pick<Profile, 'strictSchemas' | 'schemaDialect' | 'schemaSupport'>,
): AdaptedSchema {
  const canBeStrict = strictSchemas && strict === undefined && schema !== undefined;
  const form = canBeStrict ? findStrictForm(schema, schemaSupport) : undefined;
  const chosen = form ?? (schema && getReducer(schemaSupport)(schema));
  return {
    schema: chosen !== undefined && schemaDialect === 'draft-07' ? toDraft07(chosen) : chosen,
    strict: strictSchemas ? (form === undefined ? strict : true) : undefined,
  };
}

/** Finds the strict form of a schema, if there is one that the server accepts. */
function findStrictForm(schema: JsonSchema, support: SchemaSupport): JsonSchema | undefined {
  const linked = getStrictForm(schema);
  if (linked === undefined) return undefined;
  const { maxStrictLength, strictRecursion } = support;
  const form = getReducer(support)(linked);
  const isShort = maxStrictLength === Number.POSITIVE_INFINITY || JSON.stringify(form).length <= maxStrictLength;
  return isShort && (strictRecursion || !isRecursive(form)) ? form : undefined;
}

/** Reduces each schema once per server support. */
const getReducer = memoize((support: SchemaSupport) => memoize((schema: JsonSchema) => reduceSchema(schema, support)));
