import { isRecord } from '../base/json.ts';
import { parseJsonTexts } from './json-texts.ts';
import { linkedReport } from './linked-report.ts';
import { withoutReference, wrapped } from './root.ts';
import { type CompiledSchema, compileSchema, type Schema } from './schema.ts';

/** An output's schema made ready once. */
export interface CompiledOutput extends CompiledSchema {
  /** Takes a value, or a part of one, out of the object that was put around it. */
  unwrap(value: unknown): unknown;
  /** Where in a value JSON stands as a text that `validate` parses: `rows[0]`, `''` for the whole. */
  findJsonTexts(value: unknown): readonly string[];
}

/**
 * What a run's last word has to be. A schema that is no object is sent as `{ value: … }`, and what comes back is taken out
 * of it again; a model that writes the bare value is understood as well.
 *
 * @throws ConfigError that begins with `where` for a schema that JSON Schema can't express.
 */
export function compileOutput(schema: Schema, where: string): CompiledOutput {
  const compiled = compileSchema(schema, where);
  const root = withoutReference(compiled.jsonSchema);
  const isObject = root['type'] === 'object';
  const jsonSchema = isObject ? root : wrapped(compiled.jsonSchema);
  linkedReport(jsonSchema, { strict: undefined, where });
  const unwrap = isObject ? (value: unknown) => value : unwrapped;
  return {
    jsonSchema,
    unwrap,
    validate: (value) => compiled.validate(unwrap(value)),
    findJsonTexts: (value) => parseJsonTexts(unwrap(value), compiled.jsonSchema).paths,
  };
}

function unwrapped(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'value' ? value['value'] : value;
}
