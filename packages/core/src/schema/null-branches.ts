import { isRecord } from '../base/json.ts';
import { alternatives, nullMeaning, propertyOf, valuesOf } from './alternatives.ts';
import type { JsonSchema } from './json-schema.ts';
import { toList } from './merge.ts';
import type { StrictReason } from './strict-reason.ts';
import { listSubschemas } from './subschemas.ts';

/** Where two branches of a union disagree about what a null means: then it could not be told on the way back. */
export function disagreements(root: JsonSchema): readonly StrictReason[] {
  const reasons: StrictReason[] = [];
  const seen = new Set<unknown>();
  const visit = (schema: unknown, pointer: string): void => {
    if (!isRecord(schema) || seen.has(schema)) return;
    seen.add(schema);
    if (BRANCHING.some((keyword) => schema[keyword] !== undefined)) {
      const name = disputed(alternatives(schema, root), { root, seen: new Map() });
      if (name !== undefined)
        reasons.push({ pointer, reason: `branches disagree about whether "${name}" may be null or left out` });
    }
    for (const [at, inner] of listSubschemas(schema)) visit(inner, `${pointer}${at}`);
  };
  visit(root, '');
  return reasons;
}

const BRANCHING = ['anyOf', 'oneOf', 'allOf', 'if', 'dependentSchemas'];

/**
 * Where a null of one branch could be a field of another that was left out, since both are sent as one object. A branch
 * that takes no other fields would then be refused what the other one means.
 */
export function findMergedDisagreements(branches: readonly JsonSchema[], root: JsonSchema): readonly StrictReason[] {
  for (const [one, other] of listPairs(branches)) {
    if (one['additionalProperties'] !== false || areApart(one, other, root)) continue;
    const name = listNames(other).find(
      (each) => propertyOf(one, each) === undefined && nullMeaning(other, each, root) === 'value',
    );
    if (name !== undefined)
      return [{ pointer: '', reason: `branches disagree about whether "${name}" may be null or left out` }];
  }
  return [];
}

function listPairs<T>(all: readonly T[]): readonly (readonly [T, T])[] {
  return all.flatMap((one) => all.filter((other) => other !== one).map((other) => [one, other] as const));
}

function listNames({ properties }: JsonSchema): readonly string[] {
  return isRecord(properties) ? Object.keys(properties) : [];
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
      const name = areApart(one, other, around.root) ? undefined : disputedBy(one, other, around);
      if (name !== undefined) return name;
    }
  }
  return undefined;
}

/** A property that both need, and whose values differ, tells them apart. */
function areApart(one: JsonSchema, other: JsonSchema, root: JsonSchema): boolean {
  const needed = toList(one['required']).filter((name) => toList(other['required']).includes(name));
  return needed.map(String).some((name) => {
    const values = valuesOf(propertyOf(one, name), root);
    const others = valuesOf(propertyOf(other, name), root);
    return values !== undefined && others !== undefined && !values.some((value) => others.includes(value));
  });
}

function disputedBy(one: JsonSchema, other: JsonSchema, around: Surroundings): string | undefined {
  const others = around.seen.get(one) ?? new Set();
  // Parts of `allOf` that refer to each other give new schemas without end.
  if (others.has(other) || around.seen.size > MOST_COMPARED) return undefined;
  around.seen.set(one, others.add(other));
  const { root } = around;
  for (const name of listNames(one)) {
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

const MOST_COMPARED = 1_000;
