import type { JsonSchema } from './json-schema.ts';

/**
 * The property that links a schema to its strict form. The symbol is the same in every copy of this package, so a tool of one copy is
 * strict in an agent of another. The property is not enumerable, so it is neither sent nor compared.
 */
const STRICT_FORM = Symbol.for('pawl.strictForm');

/** Links a schema to its strict form, which is sent to servers that enforce it. */
export function setStrictForm(schema: JsonSchema, strict: JsonSchema): void {
  Object.defineProperty(schema, STRICT_FORM, { value: strict, configurable: true });
}

/** Returns the linked strict form of a schema; `undefined` if there is none. */
export function getStrictForm(schema: JsonSchema): JsonSchema | undefined {
  return Reflect.get(schema, STRICT_FORM);
}
