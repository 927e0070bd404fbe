import type { JsonSchema } from './json-schema.ts';

/** The same schema, and null. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { type, anyOf, enum: values, description } = schema;
  if (Array.isArray(anyOf)) {
    return anyOf.some(isNull) ? schema : { ...schema, anyOf: [...anyOf, { type: 'null' }] };
  }
  if (schema['const'] === null) return schema;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (types.includes('null') && (!Array.isArray(values) || values.includes(null)) && schema['const'] === undefined) {
    return schema;
  }
  const isPlain = types.every((each) => typeof each === 'string' && !NESTED.has(each)) && schema['const'] === undefined;
  if (isPlain) {
    const allTypes = types.includes('null') ? types : [...types, 'null'];
    return { ...schema, type: allTypes, ...(Array.isArray(values) && { enum: [...values, null] }) };
  }
  // What is said of the value is said of the whole: it stands at the property.
  const { description: _, ...inner } = schema;
  return { ...(description !== undefined && { description }), anyOf: [inner, { type: 'null' }] };
}

const NESTED: ReadonlySet<string> = new Set(['object', 'array']);

function isNull(branch: unknown): boolean {
  return typeof branch === 'object' && branch !== null && 'type' in branch && branch.type === 'null';
}
