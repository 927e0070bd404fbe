import type { Json, JsonObject } from '@pawl/core';
import type { Field, Shape } from './schema-shape.ts';

/** One argument to be filled, also one inside a nested object. */
export interface Slot {
  readonly path: readonly string[];
  readonly words: readonly string[];
  readonly shape: Exclude<Shape, { type: 'record' }>;
  /** Whether the call cannot be made without it. */
  readonly isRequired: boolean;
  readonly isNullable: boolean;
  readonly defaultValue?: Json;
}

/** The slots of a tool's arguments. What an optional object needs is needed only if the object is there. */
export function slotsOf(fields: readonly Field[], parent: Pick<Slot, 'path' | 'isRequired'> = ROOT): readonly Slot[] {
  return fields.flatMap(({ name, words, shape, isRequired, isNullable, defaultValue }): readonly Slot[] => {
    const path = [...parent.path, name];
    const here = { path, isRequired: isRequired && parent.isRequired };
    if (shape.type === 'record') return slotsOf(shape.fields, here);
    return [{ ...here, words, shape, isNullable, ...(defaultValue === undefined ? {} : { defaultValue }) }];
  });
}

const ROOT = { path: [], isRequired: true } as const;

/** The arguments of one call, from what each slot got. */
export function argumentsOf(
  fields: readonly Field[],
  {
    valueAt,
    path = [],
  }: { readonly valueAt: (path: readonly string[]) => Json | undefined; readonly path?: readonly string[] },
): JsonObject {
  const entries = fields.flatMap(({ name, shape, isRequired }): readonly (readonly [string, Json])[] => {
    const here = [...path, name];
    if (shape.type !== 'record') {
      const value = valueAt(here);
      return value === undefined ? [] : [[name, value]];
    }
    const inner = argumentsOf(shape.fields, { valueAt, path: here });
    const isWhole = shape.fields.every((field) => !field.isRequired || inner[field.name] !== undefined);
    return isRequired || (isWhole && Object.keys(inner).length > 0) ? [[name, inner]] : [];
  });
  return Object.fromEntries(entries);
}
