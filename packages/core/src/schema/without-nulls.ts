import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { classifyNull, getProperty, isNullAllowed, listAllowedValues, listAlternatives } from './list-alternatives.ts';

/**
 * Removes nulls that mean an omitted field. The strict form of a schema allows such nulls because it requires every field.
 *
 * - A null is removed only if its field is optional and the schema does not allow null there.
 * - In a union, the branches that match the value's constants must agree.
 * - A null for a field of another branch is removed: a union at the root is sent as one object.
 *
 * Returns the same value if nothing was removed.
 */
export function withoutNulls(value: unknown, schema: JsonSchema): unknown {
  return hasNull(value) ? removeNulls(value, { schemas: listAlternatives(schema, schema), root: schema }) : value;
}

function hasNull(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.values(value).some(hasNull));
}

interface Place {
  /** The schemas that apply to the value. */
  readonly schemas: readonly JsonSchema[];
  /** The document that references point into. */
  readonly root: JsonSchema;
}

function removeNulls(value: unknown, { schemas, root }: Place): unknown {
  if (Array.isArray(value)) return removeNullsFromList(value, { schemas, root });
  if (!isRecord(value)) return value;
  const matching = schemas.filter((schema) => matchesConstants(value, schema, root));
  const possible = matching.length === 0 ? schemas : matching;
  const fields: (readonly [string, unknown])[] = [];
  let isSame = true;
  for (const [name, field] of Object.entries(value)) {
    if (field === null && isOmitted(name, possible, { schemas, root })) {
      isSame = false;
      continue;
    }
    const inner = possible.flatMap((schema) =>
      listAlternatives(getProperty(schema, name) ?? schema['additionalProperties'], root),
    );
    const clean = inner.length === 0 ? field : removeNulls(field, { schemas: inner, root });
    isSame &&= clean === field;
    fields.push([name, clean]);
  }
  return isSame ? value : Object.fromEntries(fields);
}

/** Whether a null means that its field is omitted. `possible` are the schemas that match the value. */
function isOmitted(name: string, possible: readonly JsonSchema[], { schemas, root }: Place): boolean {
  const withField = possible.filter((schema) => getProperty(schema, name) !== undefined);
  const meanings = withField.map((schema) => classifyNull(schema, name, root));
  if (meanings.includes('value')) return false;
  if (meanings.includes('omitted')) return true;
  const others = possible.filter((schema) => !withField.includes(schema));
  const isOfOtherBranch = schemas.some((schema) => getProperty(schema, name) !== undefined);
  // A closed object allows no null here, and an open one does not mention it.
  return isOfOtherBranch && others.some(({ additionalProperties: more }) => !isNullAllowed(more, root));
}

function removeNullsFromList(list: readonly unknown[], { schemas, root }: Place): unknown {
  const clean = list.map((element, index) => {
    const inner = schemas.flatMap((schema) => listAlternatives(getItemSchema(schema, index), root));
    return inner.length === 0 ? element : removeNulls(element, { schemas: inner, root });
  });
  return clean.every((element, index) => element === list[index]) ? list : clean;
}

/** Returns the schema of an element of an array or a tuple. */
export function getItemSchema({ prefixItems, items }: JsonSchema, index: number): unknown {
  const tuple = prefixItems ?? items;
  return Array.isArray(tuple) ? (tuple[index] ?? (prefixItems === undefined ? undefined : items)) : items;
}

/** Whether each field of the value matches the constants that the schema has for it. Nulls match. */
export function matchesConstants(
  value: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  root: JsonSchema,
): boolean {
  return Object.entries(value).every(([name, field]) => {
    const values = field === null ? undefined : listAllowedValues(getProperty(schema, name), root);
    return values === undefined || values.includes(field);
  });
}
