import { inspect } from 'node:util';
import { CANARY } from './canary.ts';

/** What was looked through, by kind: a search that finds nothing must have had something to search. */
export const searchCounts: Record<Kind, number> = { event: 0, outcome: 0, error: 0, output: 0, record: 0 };

export type Kind = 'event' | 'outcome' | 'error' | 'output' | 'record';

const leaks: string[] = [];

/** The leaks since the last time. */
export function takeLeaks(): readonly string[] {
  return leaks.splice(0);
}

const createdErrors: Error[] = [];

/** Looked through at the end of the test, when it is all that it will be. */
export function noteError(error: Error): void {
  createdErrors.push(error);
}

/** Only ours: a test may make what it likes. */
export function searchErrors(): void {
  for (const error of createdErrors.splice(0)) if (Symbol.for('pawl.PawlError') in error) search('error', error);
}

/** Looks for the key in everything that printing, storing or sending `thing` could show. */
export function search(kind: Kind, thing: unknown): void {
  searchCounts[kind]++;
  if (hasLeak(thing)) leaks.push(`${kind}: ${inspect(thing, { depth: 3 }).slice(0, 500)}`);
}

export function hasLeak(thing: unknown): boolean {
  if (typeof thing === 'string') return isLeak(thing);
  // Events and outcomes are data, of which JSON shows all; errors have more than that.
  if (!(thing instanceof Error)) return isLeak(toJson(thing)) || hasError(thing);
  return isLeak(inspect(thing, { depth: 20, showHidden: true })) || isLeak(toJson(thing)) || isLeak(thing.stack ?? '');
}

/** The key is the same where it is encoded for an address or a JSON text; half of it is a leak as well. */
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
