import { isRecord } from '../base/json.ts';
import { addNotes } from './description.ts';
import type { JsonSchema } from './json-schema.ts';
import { removeDuplicates, toList } from './merge.ts';
import { isIndependentOfFlags } from './patterns.ts';
import { mapSubschemas } from './subschemas.ts';

/** A JSON Schema that a library has just made: it is changed in place, as they ask for it. */
export type Made = Record<string, unknown>;

/** Where patterns are kept until the whole is made: what is said of a schema within others comes later. */
const FLAGGED = 'pawl:pattern';

/** Keeps patterns apart, given by their source, whose flags matter: without them they would say something else. */
export function correctPatterns(made: Made, flagged: ReadonlyMap<string, string>): void {
  if (flagged.size === 0) return;
  const { pattern, allOf } = made;
  const all = [pattern, ...toList(allOf).map((each) => (isRecord(each) ? each['pattern'] : undefined))];
  const patterns = all.filter((each) => typeof each === 'string');
  const kept = removeDuplicates(patterns.filter((each) => !flagged.has(each)));
  delete made['pattern'];
  delete made['allOf'];
  if (kept.length === 1) made['pattern'] = kept[0];
  else if (kept.length > 1) made['allOf'] = kept.map((each) => ({ pattern: each }));
  made[FLAGGED] = patterns.flatMap((each) => flagged.get(each) ?? []);
}

/** Those whose flags matter, as they are written, by their source. */
export function findFlagged(patterns: readonly unknown[]): ReadonlyMap<string, string> {
  const all = patterns.filter((each) => each instanceof RegExp);
  return new Map(all.filter((each) => !isIndependentOfFlags(each)).map((each) => [each.source, String(each)]));
}

/** Says in the description which patterns were kept apart. */
export function addPatternNotes(schema: JsonSchema): JsonSchema {
  const { [FLAGGED]: flagged, ...rest } = mapSubschemas(schema, (each) =>
    isRecord(each) ? addPatternNotes(each) : each,
  );
  return addNotes(
    rest,
    toList(flagged).map((pattern) => `pattern: ${pattern}.`),
  );
}
