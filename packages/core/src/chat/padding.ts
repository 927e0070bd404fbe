import { isRecord } from '../base/json.ts';

/**
 * Whether a value says nothing. Some servers fill every field that a message may have: with `''`, `[]` or `{}`, and with
 * records and lists of nothing but empty texts and zeros.
 */
export function isPaddingValue(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && isHollow(value, 0);
}

function isHollow(value: object, depth: number): boolean {
  if (depth === DEEPEST) return false;
  // A list of texts is no padding: an empty one may be meant.
  if (Array.isArray(value)) return value.every((element) => isRecord(element) && isHollow(element, depth + 1));
  const fields = Object.values(value);
  const filled = fields.filter((field) => field !== 0 && field !== false);
  // Without an empty text anywhere a zero may be meant: `{ "index": 0 }`.
  if (filled.length === 0) return fields.length === 0;
  return filled.every((field) =>
    typeof field === 'object' && field !== null ? isHollow(field, depth + 1) : field === '' || field === null,
  );
}

/** A server may nest without end. */
const DEEPEST = 8;
