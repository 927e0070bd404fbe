import { systemClock } from '../base/clock.ts';

/**
 * Whether a default is another one each time: an id, a time, a count. A library tells neither that it was given as a function
 * nor which one, so it is made several times. A time may be the same twice within a millisecond, and is known by being now.
 */
export function isDynamic(make: () => unknown): boolean {
  const first = toJson(make);
  if (first === undefined || isOfNow(first)) return true;
  for (let i = 0; i < MORE_TIMES; i++) if (toJson(make) !== first) return true;
  return false;
}

/** One of two values by chance is as good as never the same so often. */
const MORE_TIMES = 32;

/** `undefined` for what throws, and for what JSON does not have. */
function toJson(make: () => unknown): string | undefined {
  try {
    return JSON.stringify(make());
  } catch {
    return undefined;
  }
}

const DAY_MS = 86_400_000;

/** Whether a date or a timestamp of today stands in it. One that was written down as a constant is told again tomorrow. */
function isOfNow(json: string): boolean {
  const now = systemClock.now();
  const isNear = (ms: number): boolean => Math.abs(ms - now) < DAY_MS;
  const stamps = json.match(/\d{10,}/g) ?? [];
  const dates = json.match(/\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/g) ?? [];
  return (
    stamps.some((digits) => isNear(Number(digits)) || isNear(Number(digits) * 1_000)) ||
    [...dates, json.slice(1, -1)].some((date) => isNear(Date.parse(date)))
  );
}
