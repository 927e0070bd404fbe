import type { JsonSchema } from './json-schema.ts';

/** By the schema as it is sent otherwise, so that whoever knows the server can choose. */
const strictForms = new WeakMap<JsonSchema, JsonSchema>();

/** Says that a schema may go out in this form to servers that hold a model to it: what comes back is read either way. */
export function linkStrict(schema: JsonSchema, strict: JsonSchema): void {
  strictForms.set(schema, strict);
}

/** The strict form of a tool's or an output's schema; `undefined` where it has none, or is nobody's of ours. */
export function linkedStrict(schema: JsonSchema): JsonSchema | undefined {
  return strictForms.get(schema);
}
