import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { wrapInValue } from './named-root.ts';
import { isObjectRoot, listObjectBranches, toObjectRoot } from './object-root.ts';
import { parseJsonTexts } from './parse-json-texts.ts';
import { prepareStrictForm } from './prepare-strict-form.ts';
import { type CompiledSchema, compileSchema, type Schema } from './schema.ts';

/** The compiled schema of an output. */
export interface CompiledOutput extends CompiledSchema {
  /** Removes the wrapper object of a value, or of a partial value. */
  unwrap(value: unknown): unknown;
  /** Lists the paths of JSON texts in a value that `validate` parses: `rows[0]`, `''` for the value itself. */
  findJsonTexts(value: unknown): readonly string[];
}

/**
 * Compiles the schema of an agent's output. A schema that is not a single object is sent as `{ value: … }`, and the wrapper is
 * removed from the response. A response without the wrapper is accepted as well.
 *
 * @throws ConfigError that begins with `where` if JSON Schema cannot express the schema.
 */
export function compileOutput(schema: Schema, where: string): CompiledOutput {
  const compiled = compileSchema(schema, where);
  const root = findSingleObject(compiled.jsonSchema);
  const jsonSchema = root ?? wrapInValue(compiled.jsonSchema);
  prepareStrictForm(jsonSchema, { strict: undefined, where });
  const findJsonTexts = (value: unknown): readonly string[] => parseJsonTexts(value, compiled.jsonSchema).paths;
  if (root !== undefined) return { ...compiled, jsonSchema, unwrap: (value) => value, findJsonTexts };
  return {
    ...compiled,
    jsonSchema,
    unwrap: unwrapValue,
    findJsonTexts: (value) => findJsonTexts(unwrapValue(value)),
    async validate(value) {
      const inner = unwrapValue(value);
      const unwrapped = await compiled.validate(inner);
      if (unwrapped.ok || inner === value) return unwrapped;
      // The schema itself may allow an object with the single field `value`.
      const whole = await compiled.validate(value);
      return whole.ok ? whole : unwrapped;
    },
  };
}

/** A union of objects is wrapped instead: its branches describe more than one merged object can. */
function findSingleObject(schema: JsonSchema): JsonSchema | undefined {
  if (isObjectRoot(schema)) return schema;
  return listObjectBranches(schema)?.length === 1 ? toObjectRoot(schema) : undefined;
}

function unwrapValue(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'value' ? value['value'] : value;
}
