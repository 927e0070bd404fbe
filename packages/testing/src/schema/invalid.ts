import type { JsonObject } from '@pawl/core';
import type { Json, JsonSchema } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';
import { listOptions, listValues, readNames, readProperties, resolve, toSchema } from './resolve.ts';

/** Arguments that the schema of an object does not take, made from some that it takes: a needed field left out, or one of another type. */
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
  // No object is a list.
  return scalar === undefined ? [] : { ...fields, [scalar]: { no: { such: 'value' } } };
}

/** A field that may be anything may also be missing, for some. */
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
