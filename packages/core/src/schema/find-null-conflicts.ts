import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { classifyNull, getProperty, listAllowedValues, listAlternatives } from './list-alternatives.ts';
import { toList } from './merge.ts';
import type { StrictReason } from './strict-reason.ts';
import { listSubschemas } from './subschemas.ts';

/** Finds places where two branches of a union disagree about the meaning of null: such a null cannot be interpreted in a response. */
export function findNullConflicts(root: JsonSchema): readonly StrictReason[] {
  const reasons: StrictReason[] = [];
  const seen = new Set<unknown>();
  const visit = (schema: unknown, pointer: string): void => {
    if (!isRecord(schema) || seen.has(schema)) return;
    seen.add(schema);
    if (BRANCH_KEYWORDS.some((keyword) => schema[keyword] !== undefined)) {
      const name = findConflict(listAlternatives(schema, root), { root, compared: new Map() });
      if (name !== undefined)
        reasons.push({ pointer, reason: `branches disagree about whether "${name}" may be null or omitted` });
    }
    for (const [at, inner] of listSubschemas(schema)) visit(inner, `${pointer}${at}`);
  };
  visit(root, '');
  return reasons;
}

const BRANCH_KEYWORDS = ['anyOf', 'oneOf', 'allOf', 'if', 'dependentSchemas'];

/**
 * Finds conflicts between branches that are sent as one merged object. A null in the merged object may be a value of one branch or
 * an omitted field of another. If the other branch is closed, it rejects that field.
 */
export function findMergedNullConflicts(branches: readonly JsonSchema[], root: JsonSchema): readonly StrictReason[] {
  for (const [one, other] of listPairs(branches)) {
    if (one['additionalProperties'] !== false || isDistinguishable(one, other, root)) continue;
    const name = listNames(other).find(
      (each) => getProperty(one, each) === undefined && classifyNull(other, each, root) === 'value',
    );
    if (name !== undefined)
      return [{ pointer: '', reason: `branches disagree about whether "${name}" may be null or omitted` }];
  }
  return [];
}

function listPairs<T>(all: readonly T[]): readonly (readonly [T, T])[] {
  return all.flatMap((one) => all.filter((other) => other !== one).map((other) => [one, other] as const));
}

function listNames({ properties }: JsonSchema): readonly string[] {
  return isRecord(properties) ? Object.keys(properties) : [];
}

interface ComparisonScope {
  readonly root: JsonSchema;
  /** For each schema, the schemas that it was compared with. */
  readonly compared: Map<JsonSchema, Set<JsonSchema>>;
}

/** Finds the property that two of the branches disagree about. */
function findConflict(branches: readonly JsonSchema[], scope: ComparisonScope): string | undefined {
  for (const [index, one] of branches.entries()) {
    for (const other of branches.slice(index + 1)) {
      const name = isDistinguishable(one, other, scope.root) ? undefined : findConflictBetween(one, other, scope);
      if (name !== undefined) return name;
    }
  }
  return undefined;
}

/** Whether a property that both branches require has different values in each. */
function isDistinguishable(one: JsonSchema, other: JsonSchema, root: JsonSchema): boolean {
  const required = toList(one['required']).filter((name) => toList(other['required']).includes(name));
  return required.map(String).some((name) => {
    const values = listAllowedValues(getProperty(one, name), root);
    const others = listAllowedValues(getProperty(other, name), root);
    return values !== undefined && others !== undefined && !values.some((value) => others.includes(value));
  });
}

function findConflictBetween(one: JsonSchema, other: JsonSchema, scope: ComparisonScope): string | undefined {
  const others = scope.compared.get(one) ?? new Set();
  // Recursive parts of `allOf` create new schemas without end.
  if (others.has(other) || scope.compared.size > MAX_COMPARED) return undefined;
  scope.compared.set(one, others.add(other));
  const { root } = scope;
  for (const name of listNames(one)) {
    const otherProperty = getProperty(other, name);
    if (otherProperty === undefined) continue;
    const meanings = [classifyNull(one, name, root), classifyNull(other, name, root)];
    if (meanings.includes('omitted') && meanings.includes('value')) return name;
    const nested = [...listAlternatives(getProperty(one, name), root), ...listAlternatives(otherProperty, root)];
    const inner = findConflict(nested, scope);
    if (inner !== undefined) return `${name}.${inner}`;
  }
  if (one['items'] === undefined || other['items'] === undefined) return undefined;
  return findConflict([...listAlternatives(one['items'], root), ...listAlternatives(other['items'], root)], scope);
}

const MAX_COMPARED = 1_000;
