import type { JsonObject } from '@pawl/core';
import type { Json, JsonSchema } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';
import { namesIn, optionsOf, propertiesOf, resolve, schemaIn, valuesOf } from './resolve.ts';

/** Arguments that the schema of an object does not take, made from some that it takes: a needed field left out, or one of another type. */
export function invalidFor(schema: JsonSchema, valid: Json): Json {
  const place = { root: schema };
  const resolved = resolve(schema, place);
  const fields: JsonObject = isObject(valid) ? valid : {};
  const known = propertiesOf(resolved);
  const needed = namesIn(resolved['required']).find((name) => saysSomething(schemaIn(known[name]), place));
  if (needed !== undefined && optionsOf(resolved).length === 0) {
    const { [needed]: _, ...rest } = fields;
    return rest;
  }
  const [scalar] = Object.entries(known).find(([, field]) => takesNoObject(field, place)) ?? [];
  // No object is a list.
  return scalar === undefined ? [] : { ...fields, [scalar]: { no: { such: 'value' } } };
}

/** A field that may be anything may also be missing, for some. */
function saysSomething(field: JsonSchema, place: { readonly root: JsonSchema }): boolean {
  const resolved = resolve(field, place);
  return valuesOf(resolved).length > 0 || resolved['type'] !== undefined || optionsOf(resolved).length > 0;
}

function takesNoObject(field: JsonSchema, place: { readonly root: JsonSchema }): boolean {
  const resolved = resolve(field, place);
  const values = valuesOf(resolved);
  if (values.length > 0) return !values.some(isObject);
  const options = optionsOf(resolved);
  if (options.length > 0) return options.every((option) => takesNoObject(option, place));
  return resolved['type'] !== undefined && resolved['type'] !== 'object';
}
