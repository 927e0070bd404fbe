import type { JsonSchema } from './json-schema.ts';

/**
 * Where a schema has its strict form. The key is the same in every copy of this package, so that the tool of one is strict in the
 * agent of another; the property is not enumerable, so that nothing sends or compares it.
 */
const STRICT_FORM = Symbol.for('pawl.strictForm');

/** Says that a schema may go out in this form to servers that hold a model to it: what comes back is read either way. */
export function linkStrict(schema: JsonSchema, strict: JsonSchema): void {
  Object.defineProperty(schema, STRICT_FORM, { value: strict, configurable: true });
}

/** The strict form of a tool's or an output's schema; `undefined` where it has none, or is nobody's of ours. */
export function linkedStrict(schema: JsonSchema): JsonSchema | undefined {
  return Reflect.get(schema, STRICT_FORM);
}
