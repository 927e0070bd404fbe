import { isRecord } from '../base/json.ts';
import { allowsNull, alternatives, nullMeaning, propertyOf, valuesOf } from './alternatives.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * The value without the nulls that a model wrote for fields it meant to leave out: those that the strict form of the
 * schema had to allow.
 *
 * Only fields that the schema does not require are taken out, and only where it allows no null there. In a union the
 * branches that fit the value's own constants have to agree; a field of another branch is taken out, as a union at the root
 * is sent as one object. Gives the very same value where nothing was taken out.
 */
export function withoutNulls(value: unknown, schema: JsonSchema): unknown {
  return holdsNull(value) ? cleaned(value, { schemas: alternatives(schema, schema), root: schema }) : value;
}

function holdsNull(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.values(value).some(holdsNull));
}

interface Place {
  /** What the value may be. */
  readonly schemas: readonly JsonSchema[];
  /** Where references point into. */
  readonly root: JsonSchema;
}

function cleaned(value: unknown, { schemas, root }: Place): unknown {
  if (Array.isArray(value)) return cleanedList(value, { schemas, root });
  if (!isRecord(value)) return value;
  const fitting = schemas.filter((schema) => fits(value, schema, root));
  const possible = fitting.length === 0 ? schemas : fitting;
  const fields: (readonly [string, unknown])[] = [];
  let isSame = true;
  for (const [name, field] of Object.entries(value)) {
    if (field === null && isLeftOut(name, possible, { schemas, root })) {
      isSame = false;
      continue;
    }
    const inner = possible.flatMap((schema) =>
      alternatives(propertyOf(schema, name) ?? schema['additionalProperties'], root),
    );
    const clean = inner.length === 0 ? field : cleaned(field, { schemas: inner, root });
    isSame &&= clean === field;
    fields.push([name, clean]);
  }
  return isSame ? value : Object.fromEntries(fields);
}

/** Whether a null for a field says that it is not there. `possible`: the schemas that the value fits. */
function isLeftOut(name: string, possible: readonly JsonSchema[], { schemas, root }: Place): boolean {
  const having = possible.filter((schema) => propertyOf(schema, name) !== undefined);
  const meanings = having.map((schema) => nullMeaning(schema, name, root));
  if (meanings.includes('value')) return false;
  if (meanings.includes('left-out')) return true;
  const others = possible.filter((schema) => !having.includes(schema));
  const isOfAnother = schemas.some((schema) => propertyOf(schema, name) !== undefined);
  // A closed object allows none, and one that says nothing means none.
  return isOfAnother && others.some(({ additionalProperties: more }) => !allowsNull(more, root));
}

function cleanedList(list: readonly unknown[], { schemas, root }: Place): unknown {
  const clean = list.map((element, index) => {
    const inner = schemas.flatMap((schema) => alternatives(itemOf(schema, index), root));
    return inner.length === 0 ? element : cleaned(element, { schemas: inner, root });
  });
  return clean.every((element, index) => element === list[index]) ? list : clean;
}

/** The schema of an element; of a tuple, that of its place. */
export function itemOf({ prefixItems, items }: JsonSchema, index: number): unknown {
  const tuple = prefixItems ?? items;
  return Array.isArray(tuple) ? (tuple[index] ?? (prefixItems === undefined ? undefined : items)) : items;
}

/** Whether every constant that the schema has for a field of the value is that field's. */
export function fits(value: Readonly<Record<string, unknown>>, schema: JsonSchema, root: JsonSchema): boolean {
  return Object.entries(value).every(([name, field]) => {
    const values = field === null ? undefined : valuesOf(propertyOf(schema, name), root);
    return values === undefined || values.includes(field);
  });
}
