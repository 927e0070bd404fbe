import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * The value without the nulls that a model wrote for fields it meant to leave out.
 *
 * Only fields that the schema does not require are taken out, and only where it allows no null there. Gives the very
 * same value where nothing was taken out. Does not look into unions: their branches may disagree.
 */
export function withoutNulls(value: unknown, schema: JsonSchema): unknown {
  return cleaned(value, { schema, root: schema });
}

interface Place {
  readonly schema: JsonSchema;
  /** Where references point into. */
  readonly root: JsonSchema;
}

function cleaned(value: unknown, { schema: given, root }: Place): unknown {
  const schema = resolved(given, root);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!isRecord(items)) return value;
    const list = value.map((element) => cleaned(element, { schema: items, root }));
    return list.every((element, index) => element === value[index]) ? value : list;
  }
  if (!isRecord(value) || !isRecord(schema['properties'])) return value;
  const { properties, required } = schema;
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const of = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!isRecord(of)) return [[name, field] as const];
    const isRequired = Array.isArray(required) && required.includes(name);
    if (field === null && !isRequired && !allowsNull(of, root)) return [];
    return [[name, cleaned(field, { schema: of, root })] as const];
  });
  const isSame = fields.length === Object.keys(value).length && fields.every(([name, field]) => field === value[name]);
  return isSame ? value : Object.fromEntries(fields);
}

/** A schema that says nothing about it allows it. */
function allowsNull(given: JsonSchema, root: JsonSchema): boolean {
  const { type, anyOf, oneOf, allOf, enum: values, const: constant } = resolved(given, root);
  const allows = (branch: unknown): boolean => isRecord(branch) && allowsNull(branch, root);
  if (constant !== undefined) return constant === null;
  if (Array.isArray(values)) return values.includes(null);
  if (type !== undefined) return type === 'null' || (Array.isArray(type) && type.includes('null'));
  if (Array.isArray(allOf)) return allOf.every(allows);
  const branches = anyOf ?? oneOf;
  return !Array.isArray(branches) || branches.some(allows);
}

/** `#/$defs/…` and `#`; anything else is not followed. */
function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  let target: unknown = root;
  for (const key of reference.split('/').slice(1)) target = isRecord(target) ? target[key] : undefined;
  return isRecord(target) ? target : schema;
}
