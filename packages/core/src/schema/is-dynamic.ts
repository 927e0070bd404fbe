import { systemClock } from '../base/clock.ts';

/**
 * Whether a default differs on each call: an id, a time, a count.
 *
 * A schema library does not expose the function of a default, so this calls it several times. Two times within one
 * millisecond are equal, so a value close to the current time counts as dynamic as well.
 */
export function isDynamic(make: () => unknown): boolean {
  const first = toJson(make);
  if (first === undefined || hasCurrentTime(first)) return true;
  for (let i = 0; i < REPEATS; i++) if (toJson(make) !== first) return true;
  return false;
}

/** Enough calls to detect a random choice between two values. */
const REPEATS = 32;

/** Returns `undefined` if the function throws or its value has no JSON form. */
function toJson(make: () => unknown): string | undefined {
  try {
    return JSON.stringify(make());
  } catch {
    return undefined;
  }
}

const DAY_MS = 86_400_000;

/** Whether the JSON contains a date or timestamp within a day of now. A constant date of today is mistaken for a dynamic one. */
function hasCurrentTime(json: string): boolean {
  const now = systemClock.now();
  const isNear = (ms: number): boolean => Math.abs(ms - now) < DAY_MS;
  const stamps = json.match(/\d{10,}/g) ?? [];
  const dates = json.match(/\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/g) ?? [];
  return (
    stamps.some((digits) => isNear(Number(digits)) || isNear(Number(digits) * 1_000)) ||
    [...dates, json.slice(1, -1)].some((date) => isNear(Date.parse(date)))
  );
}
