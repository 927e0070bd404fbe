import { isRecord } from '../base/json.ts';

/**
 * Whether a value has no content. Some servers fill every field of a message: with `''`, `[]` or `{}`, and with records and lists
 * of only empty texts and zeros.
 */
export function isPaddingValue(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && isHollow(value, 0);
}

function isHollow(value: object, depth: number): boolean {
  if (depth === DEEPEST) return false;
  // A list of texts is not padding, because an empty text in it can be intended.
  if (Array.isArray(value)) return value.every((element) => isRecord(element) && isHollow(element, depth + 1));
  const fields = Object.values(value);
  const filled = fields.filter((field) => field !== 0 && field !== false);
  // Without any empty text, a zero can be intended: `{ "index": 0 }`.
  if (filled.length === 0) return fields.length === 0;
  return filled.every((field) =>
    typeof field === 'object' && field !== null ? isHollow(field, depth + 1) : field === '' || field === null,
  );
}

/** Limits the search, because a server can nest without end. */
const DEEPEST = 8;
