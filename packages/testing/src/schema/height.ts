import type { JsonSchema } from '@pawl/core';
import {
  namesIn,
  numberIn,
  optionsOf,
  type Place,
  propertiesOf,
  resolve,
  schemaIn,
  typeOf,
  valuesOf,
} from './resolve.ts';

/** How many levels the smallest value of a schema has below it; `Infinity` where it has more than some. */
export function heightOf(schema: JsonSchema, { root }: Place): number {
  return height(schema, { root, left: MOST });
}

/** Looking further costs more than it finds: each level may have several choices. */
const MOST = 6;

interface Looking {
  readonly root: JsonSchema;
  readonly left: number;
}

function height(schema: JsonSchema, { root, left }: Looking): number {
  if (left === 0) return Number.POSITIVE_INFINITY;
  const resolved = resolve(schema, { root });
  if (valuesOf(resolved).length > 0) return 0;
  const below = { root, left: left - 1 };
  const options = optionsOf(resolved);
  if (options.length > 0) return Math.min(...options.map((option) => height(option, below)));
  switch (typeOf(resolved)) {
    case 'object': {
      const fields = propertiesOf(resolved);
      return above(namesIn(resolved['required']).map((name) => height(fields[name] ?? {}, below)));
    }
    case 'array': {
      const { prefixItems, items } = resolved;
      const listed = prefixItems ?? items;
      if (Array.isArray(listed)) return above(listed.map((each) => height(schemaIn(each), below)));
      return (numberIn(resolved['minItems']) ?? 0) === 0 ? 1 : above([height(schemaIn(items), below)]);
    }
    default:
      return 0;
  }
}

function above(heights: readonly number[]): number {
  return 1 + Math.max(0, ...heights);
}
