import { inspect } from 'node:util';
import { CANARY } from './canary.ts';

/** The number of searches by kind: a search without input would find nothing. */
export const searchCounts: Record<Kind, number> = { event: 0, outcome: 0, error: 0, output: 0, record: 0, wire: 0 };

export type Kind = 'event' | 'outcome' | 'error' | 'output' | 'record' | 'wire';

const leaks: string[] = [];

/** Returns the leaks since the last call. */
export function takeLeaks(): readonly string[] {
  return leaks.splice(0);
}

const createdErrors: Error[] = [];

/** Searched at the end of the test, when the error has all its fields. */
export function noteError(error: Error): void {
  createdErrors.push(error);
}

/** Searches only Pawl's errors: a test may create any others. */
export function searchErrors(): void {
  for (const error of createdErrors.splice(0)) if (Symbol.for('pawl.PawlError') in error) search('error', error);
}

/** Searches everything that printing, storing or sending `thing` could show. */
export function search(kind: Kind, thing: unknown): void {
  searchCounts[kind]++;
  if (hasLeak(thing)) leaks.push(`${kind}: ${inspect(thing, { depth: 3 }).slice(0, 500)}`);
}

export function hasLeak(thing: unknown): boolean {
  if (typeof thing === 'string') return isLeak(thing);
  // Events and outcomes are data, so JSON shows all of them. Errors have more fields.
  if (!(thing instanceof Error)) return isLeak(toJson(thing)) || hasError(thing);
  return isLeak(inspect(thing, { depth: 20, showHidden: true })) || isLeak(toJson(thing)) || isLeak(thing.stack ?? '');
}

/** The key contains no characters that URLs or JSON encode. Half of it is a leak too. */
function isLeak(text: string): boolean {
  return text.includes(START) || text.includes(END);
}

const START = CANARY.slice(0, 14);
const END = CANARY.slice(-8);

function hasError(thing: unknown): boolean {
  if (typeof thing !== 'object' || thing === null) return isLeak(String(thing));
  return Object.values(thing).some((value) => value instanceof Error && hasLeak(value));
}

function toJson(thing: unknown): string {
  try {
    return JSON.stringify(thing) ?? '';
  } catch {
    return inspect(thing, { depth: 20 });
  }
}
