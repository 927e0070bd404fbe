import type { Json, JsonObject, JsonSchema } from '@pawl/core';
import { isObject } from '../stand-in/json.ts';
import { namesIn, propertiesOf, resolve } from './resolve.ts';

/** Arguments that the schema does not take, made from some that it takes: a needed field left out, or one of another type. */
export function invalidFor(schema: JsonSchema, valid: Json): Json {
  const resolved = resolve(schema, { root: schema });
  const fields: JsonObject = isObject(valid) ? (valid as JsonObject) : {}; // Arguments are JSON.
  const [needed] = namesIn(resolved['required']);
  if (needed !== undefined) {
    const { [needed]: _, ...rest } = fields;
    return rest;
  }
  const [first] = Object.keys(propertiesOf(resolved));
  // Nothing takes a list for its arguments.
  return first === undefined ? [] : { ...fields, [first]: { no: { such: 'value' } } };
}
