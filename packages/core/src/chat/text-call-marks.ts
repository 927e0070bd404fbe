import type { RequestTools } from './request-tools.ts';
import { FORMS, STARTING_FORMS } from './text-call-forms.ts';
import { canBeBareCalls } from './text-call-json.ts';

/** Matches any opening mark of a call. */
export const OPENINGS: RegExp = new RegExp([...FORMS.keys()].map((mark) => mark.replace(/[|[\]]/g, '\\$&')).join('|'));

/** Returns the position of the first opening mark in a text; -1 if there is none. */
export function findOpening(text: string): number {
  return text.search(OPENINGS);
}

/** Returns the length of the end of a text that can be the beginning of an opening mark. */
export function measureOverlap(text: string): number {
  const start = Math.max(text.lastIndexOf('<'), text.lastIndexOf('['));
  const end = start === -1 ? '' : text.slice(start);
  return end !== '' && [...FORMS.keys()].some((mark) => mark.startsWith(end)) ? end.length : 0;
}

/** Whether a text can still begin with a call that has no mark. */
export function canStartWithCall(text: string, tools: RequestTools): boolean {
  const start = text.trimStart();
  if (STARTING_FORMS.some(({ opening }) => opening.startsWith(start) || start.startsWith(opening))) return true;
  return start === '' || canBeBareCalls(start, tools);
}
