import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { removeDuplicates, toList } from './merge.ts';
import { addNotes } from './notes.ts';
import { isIndependentOfFlags } from './patterns.ts';
import { mapSubschemas } from './subschemas.ts';

/** A JSON Schema that a library is building. Its hooks require changes in place. */
export type MutableSchema = Record<string, unknown>;

/** Holds patterns until the schema is complete: a library may write the description of a nested schema later. */
const FLAGGED_PATTERNS = 'pawl:pattern';

/** Moves patterns whose flags change their meaning out of `pattern` and `allOf`. `flagged` has them by source. */
export function extractFlaggedPatterns(schema: MutableSchema, flagged: ReadonlyMap<string, string>): void {
  if (flagged.size === 0) return;
  const { pattern, allOf } = schema;
  const all = [pattern, ...toList(allOf).map((each) => (isRecord(each) ? each['pattern'] : undefined))];
  const patterns = all.filter((each) => typeof each === 'string');
  const kept = removeDuplicates(patterns.filter((each) => !flagged.has(each)));
  delete schema['pattern'];
  delete schema['allOf'];
  if (kept.length === 1) schema['pattern'] = kept[0];
  else if (kept.length > 1) schema['allOf'] = kept.map((each) => ({ pattern: each }));
  schema[FLAGGED_PATTERNS] = patterns.flatMap((each) => flagged.get(each) ?? []);
}

/** Finds the regular expressions whose flags change their meaning, written as literals, by source. */
export function findFlaggedPatterns(patterns: readonly unknown[]): ReadonlyMap<string, string> {
  const all = patterns.filter((each) => each instanceof RegExp);
  return new Map(all.filter((each) => !isIndependentOfFlags(each)).map((each) => [each.source, String(each)]));
}

/** Appends the patterns that `extractFlaggedPatterns` moved to the descriptions. */
export function addPatternNotes(schema: JsonSchema): JsonSchema {
  const { [FLAGGED_PATTERNS]: flagged, ...rest } = mapSubschemas(schema, (each) =>
    isRecord(each) ? addPatternNotes(each) : each,
  );
  return addNotes(
    rest,
    toList(flagged).map((pattern) => `pattern: ${pattern}.`),
  );
}
