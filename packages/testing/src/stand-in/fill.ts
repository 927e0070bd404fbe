import type { Json, JsonObject } from '@pawl/core';
import { Draft } from './draft.ts';
import type { Evidence } from './evidence.ts';
import type { Lane } from './lane.ts';
import type { Field, Shape } from './schema-shape.ts';
import { argumentsOf, type Slot, slotsOf } from './slot.ts';

/** What came of filling a tool's arguments. */
export interface Filling {
  /** The arguments of each call: several where the question names several things of one kind. */
  readonly rows: readonly JsonObject[];
  /** Required arguments that nothing was found for. With any, the rows are not to be called. */
  readonly missing: readonly string[];
}

/**
 * Fills a tool's arguments: required ones from whatever fits, optional ones only where the clause speaks of them.
 *
 * One thing for each argument gives one call; a list of things for one argument gives a call for each.
 */
export function fill(fields: readonly Field[], evidence: Evidence): Filling {
  const slots = slotsOf(fields);
  const draft = new Draft(evidence);
  draft.label(slots);
  for (const kind of ORDER) draft.place(slots.filter((slot) => slot.isRequired && kindOf(slot.shape) === kind));
  for (const slot of slots) if (!slot.isRequired) draft.offer(slot);
  for (const slot of slots)
    if (slot.isRequired && slot.shape.type === 'list') draft.list(slot, listedRows(slot, evidence));
  const missing = slots.filter((slot) => slot.isRequired && draft.valuesOf(slot) === undefined);
  return { rows: rowsOf(fields, { slots, draft }), missing: missing.map(({ path }) => path.join('.')) };
}

/** What is easily told apart comes first; a text takes what is left. */
const ORDER: readonly (Lane | 'number' | 'choice' | 'boolean')[] = [
  'choice',
  'boolean',
  'file',
  'url',
  'email',
  'date',
  'code',
  'number',
  'name',
  'id',
  'any',
  'text',
];

function kindOf(shape: Slot['shape']): (typeof ORDER)[number] | undefined {
  switch (shape.type) {
    case 'string':
      return shape.lane;
    case 'number':
    case 'choice':
    case 'boolean':
      return shape.type;
    case 'list':
    case 'null':
      return undefined;
  }
}

/** A list of objects has one for each thing that is named, like calls of a tool. */
function listedRows({ shape }: Slot, evidence: Evidence): readonly Json[] | undefined {
  if (shape.type !== 'list' || shape.of.type !== 'record') return undefined;
  const { rows, missing } = fill(shape.of.fields, evidence);
  return missing.length > 0 ? undefined : rows;
}

interface Filled {
  readonly slots: readonly Slot[];
  readonly draft: Draft;
}

function rowsOf(fields: readonly Field[], { slots, draft }: Filled): readonly JsonObject[] {
  const counts = slots.map((slot) => draft.valuesOf(slot)?.length ?? 0);
  const count = Math.min(Math.max(1, ...counts), MOST_ROWS);
  const byPath = new Map(slots.map((slot) => [slot.path.join('\n'), slot]));
  return Array.from({ length: count }, (_, row) =>
    argumentsOf(fields, {
      valueAt: (path) => {
        const slot = byPath.get(path.join('\n'));
        const values = slot === undefined ? undefined : draft.valuesOf(slot);
        return values?.[row] ?? values?.[0];
      },
    }),
  );
}

const MOST_ROWS = 16;

/** Something of the right form where nothing is known, for a call that has to be made all the same. */
export function placeholder(shape: Shape): Json {
  switch (shape.type) {
    case 'string':
      return 'unknown'.padEnd(shape.limits.minLength, '.').slice(0, shape.limits.maxLength);
    case 'number':
      return shape.minimum ?? Math.min(0, shape.maximum ?? 0);
    case 'boolean':
      return false;
    case 'choice':
      return shape.values[0] ?? null;
    case 'list':
      return [];
    case 'record':
      return Object.fromEntries(
        shape.fields.filter(({ isRequired }) => isRequired).map((field) => [field.name, placeholder(field.shape)]),
      );
    case 'null':
      return null;
  }
}
