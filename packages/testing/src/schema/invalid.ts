import type { JsonObject } from '@pawl/core';
import type { Json, JsonSchema } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';
import { listOptions, listValues, readNames, readProperties, resolve, toSchema } from './resolve.ts';

/** Turns valid arguments into invalid ones: removes a required field, or changes the type of a field. */
export function makeInvalid(schema: JsonSchema, valid: Json): Json {
  const place = { root: schema };
  const resolved = resolve(schema, place);
  const fields: JsonObject = isObject(valid) ? valid : {};
  const known = readProperties(resolved);
  const needed = readNames(resolved['required']).find((name) => isConstrained(toSchema(known[name]), place));
  if (needed !== undefined && listOptions(resolved).length === 0) {
    const { [needed]: _, ...rest } = fields;
    return rest;
  }
  const [scalar] = Object.entries(known).find(([, field]) => isNeverObject(field, place)) ?? [];
  // A list is never a valid object.
  return scalar === undefined ? [] : { ...fields, [scalar]: { no: { such: 'value' } } };
}

/** Some validators accept a missing field if the field may be anything. */
function isConstrained(field: JsonSchema, place: { readonly root: JsonSchema }): boolean {
  const resolved = resolve(field, place);
  return listValues(resolved).length > 0 || resolved['type'] !== undefined || listOptions(resolved).length > 0;
}

function isNeverObject(field: JsonSchema, place: { readonly root: JsonSchema }): boolean {
  const resolved = resolve(field, place);
  const values = listValues(resolved);
  if (values.length > 0) return !values.some(isObject);
  const options = listOptions(resolved);
  if (options.length > 0) return options.every((option) => isNeverObject(option, place));
  return resolved['type'] !== undefined && resolved['type'] !== 'object';
}
