import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { parseJsonTexts } from './json-texts.ts';
import { linkedReport } from './linked-report.ts';
import { isObjectRoot, listObjectBranches, toObjectRoot } from './object-root.ts';
import { wrapped } from './root.ts';
import { type CompiledSchema, compileSchema, type Schema } from './schema.ts';

/** An output's schema made ready once. */
export interface CompiledOutput extends CompiledSchema {
  /** Takes a value, or a part of one, out of the object that was put around it. */
  unwrap(value: unknown): unknown;
  /** Where in a value JSON stands as a text that `validate` parses: `rows[0]`, `''` for the whole. */
  findJsonTexts(value: unknown): readonly string[];
}

/**
 * What a run's last word has to be. A schema that is no single object is sent as `{ value: … }`, and what comes back is taken out
 * of it again; a model that writes the bare value is understood as well.
 *
 * @throws ConfigError that begins with `where` for a schema that JSON Schema can't express.
 */
export function compileOutput(schema: Schema, where: string): CompiledOutput {
  const compiled = compileSchema(schema, where);
  const root = findSingleObject(compiled.jsonSchema);
  const jsonSchema = root ?? wrapped(compiled.jsonSchema);
  linkedReport(jsonSchema, { strict: undefined, where });
  const findJsonTexts = (value: unknown): readonly string[] => parseJsonTexts(value, compiled.jsonSchema).paths;
  if (root !== undefined) return { ...compiled, jsonSchema, unwrap: (value) => value, findJsonTexts };
  return {
    ...compiled,
    jsonSchema,
    unwrap: unwrapped,
    findJsonTexts: (value) => findJsonTexts(unwrapped(value)),
    async validate(value) {
      const inner = unwrapped(value);
      const first = await compiled.validate(inner);
      if (first.ok || inner === value) return first;
      // An object of the schema itself may have one field, named `value`.
      const bare = await compiled.validate(value);
      return bare.ok ? bare : first;
    },
  };
}

/** Of a union the branches say more than one object could: it is wrapped. */
function findSingleObject(schema: JsonSchema): JsonSchema | undefined {
  if (isObjectRoot(schema)) return schema;
  return listObjectBranches(schema)?.length === 1 ? toObjectRoot(schema) : undefined;
}

function unwrapped(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'value' ? value['value'] : value;
}
