import { isRecord } from '../base/json.ts';
import { alternatives, nullMeaning, propertyOf, valuesOf } from './alternatives.ts';
import type { JsonSchema } from './json-schema.ts';
import type { StrictReason } from './strict-reason.ts';

/** Where two branches of a union disagree about what a null means: then it could not be told on the way back. */
export function disagreements(root: JsonSchema): readonly StrictReason[] {
  const reasons: StrictReason[] = [];
  const seen = new Set<unknown>();
  const visit = (schema: unknown, pointer: string): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    if (Array.isArray(schema)) for (const [index, each] of schema.entries()) visit(each, `${pointer}/${index}`);
    if (!isRecord(schema)) return;
    if (schema['anyOf'] !== undefined || schema['oneOf'] !== undefined) {
      const name = disputed(alternatives(schema, root), { root, seen: new Map() });
      if (name !== undefined)
        reasons.push({ pointer, reason: `branches disagree about whether "${name}" may be null or left out` });
    }
    for (const [keyword, value] of Object.entries(schema)) {
      // Values are no schemas.
      if (keyword === 'enum' || keyword === 'const' || keyword === 'default' || keyword === 'examples') continue;
      visit(value, `${pointer}/${keyword.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  };
  visit(root, '');
  return reasons;
}

interface Surroundings {
  readonly root: JsonSchema;
  /** With which others each was compared. */
  readonly seen: Map<JsonSchema, Set<JsonSchema>>;
}

/** The property about which two of them disagree. */
function disputed(branches: readonly JsonSchema[], around: Surroundings): string | undefined {
  for (const [index, one] of branches.entries()) {
    for (const other of branches.slice(index + 1)) {
      const name = areApart(one, other) ? undefined : disputedBy(one, other, around);
      if (name !== undefined) return name;
    }
  }
  return undefined;
}

/** A property whose values differ tells them apart. */
function areApart(one: JsonSchema, other: JsonSchema): boolean {
  const { properties } = one;
  if (!isRecord(properties)) return false;
  return Object.keys(properties).some((name) => {
    const values = valuesOf(properties[name]);
    const others = valuesOf(propertyOf(other, name));
    return values !== undefined && others !== undefined && !values.some((value) => others.includes(value));
  });
}

function disputedBy(one: JsonSchema, other: JsonSchema, around: Surroundings): string | undefined {
  const others = around.seen.get(one) ?? new Set();
  if (others.has(other)) return undefined;
  around.seen.set(one, others.add(other));
  const { root } = around;
  const { properties } = one;
  for (const name of isRecord(properties) ? Object.keys(properties) : []) {
    const theirs = propertyOf(other, name);
    if (theirs === undefined) continue;
    const meanings = [nullMeaning(one, name, root), nullMeaning(other, name, root)];
    if (meanings.includes('left-out') && meanings.includes('value')) return name;
    const nested = [...alternatives(propertyOf(one, name), root), ...alternatives(theirs, root)];
    const inner = disputed(nested, around);
    if (inner !== undefined) return `${name}.${inner}`;
  }
  if (one['items'] === undefined || other['items'] === undefined) return undefined;
  return disputed([...alternatives(one['items'], root), ...alternatives(other['items'], root)], around);
}
