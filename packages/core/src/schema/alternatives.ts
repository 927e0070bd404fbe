import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';

/** What a schema is made of: itself, what it refers to, or the branches of its union. */
export function alternatives(schema: unknown, root: JsonSchema): readonly JsonSchema[] {
  const found = new Set<JsonSchema>();
  const seen = new Set<unknown>();
  const visit = (given: unknown): void => {
    // A schema may refer to itself.
    if (!isRecord(given) || seen.has(given)) return;
    seen.add(given);
    const { $ref, anyOf, oneOf, allOf } = given;
    const branches = anyOf ?? oneOf;
    if (typeof $ref === 'string') visit(target($ref, root));
    else if (Array.isArray(branches)) for (const branch of branches) visit(branch);
    else if (Array.isArray(allOf) && allOf.length === 1) visit({ ...given, ...allOf[0], allOf: undefined });
    else found.add(given);
  };
  visit(schema);
  return [...found];
}

/** `#`, `#/$defs/…` and any other place of the document; `undefined` for what is not in it. */
function target(reference: string, root: JsonSchema): unknown {
  let place: unknown = root;
  for (const part of reference.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(place)) place = place[Number(key)];
    else place = isRecord(place) && Object.hasOwn(place, key) ? place[key] : undefined;
  }
  return place;
}

/** Whether null passes. A schema that says nothing of the type allows it. */
export function allowsNull(schema: unknown, root: JsonSchema): boolean {
  if (schema === true) return true;
  return alternatives(schema, root).some(({ type, enum: values, const: constant, allOf }) => {
    if (constant !== undefined) return constant === null;
    if (Array.isArray(values)) return values.includes(null);
    if (type !== undefined) return type === 'null' || (Array.isArray(type) && type.includes('null'));
    return !Array.isArray(allOf) || allOf.every((part) => allowsNull(part, root));
  });
}

/** The schema of a property, where the alternative has it. */
export function propertyOf({ properties }: JsonSchema, name: string): unknown {
  return isRecord(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/**
 * What a null means for a property: `left-out` where only the strict form allows it, `value` where the schema itself
 * does, `wrong` where it may not stand at all.
 */
export function nullMeaning(object: JsonSchema, name: string, root: JsonSchema): 'left-out' | 'value' | 'wrong' {
  if (allowsNull(propertyOf(object, name), root)) return 'value';
  const { required } = object;
  return Array.isArray(required) && required.includes(name) ? 'wrong' : 'left-out';
}

/** The values that a property must have, where it says so: what tells branches of a union apart. */
export function valuesOf(schema: unknown): readonly unknown[] | undefined {
  if (!isRecord(schema)) return undefined;
  if (schema['const'] !== undefined) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}
