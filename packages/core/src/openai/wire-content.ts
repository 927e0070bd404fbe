import type { Profile } from './profile.ts';

type ContentProfile = Pick<Profile, 'emptyContent'>;

/** Returns the content of a user message or tool result. If the server refuses empty content, returns `(empty)`, since the message is needed. */
export function fillContent<T>(content: T, profile: ContentProfile): T | string {
  const kept = removeEmptyParts(content, profile);
  return kept === '' && !profile.emptyContent ? EMPTY_TEXT : kept;
}

const EMPTY_TEXT = '(empty)';

/** Removes empty parts from content. Returns `''` if nothing remains. White space counts as empty if the server refuses it. */
export function removeEmptyParts<T>(content: T, { emptyContent }: ContentProfile): T | string {
  if (typeof content === 'string') return emptyContent || /\S/.test(content) ? content : '';
  if (!Array.isArray(content)) return content ?? '';
  const kept = content.filter((part: unknown) => !isEmptyPart(part, emptyContent ? /^$/ : /^\s*$/));
  if (kept.length === content.length && kept.length > 0) return content;
  return kept.length === 0 ? '' : (kept as T); // A subset of the same parts.
}

function isEmptyPart(part: unknown, empty: RegExp): boolean {
  if (typeof part !== 'object' || part === null || Reflect.get(part, 'type') !== 'text') return false;
  const text: unknown = Reflect.get(part, 'text');
  return typeof text === 'string' && empty.test(text);
}

/** Whether a field is empty, as servers send it that write each field of their types. Numbers and booleans never count as empty. */
export function isPadding(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(isPadding);
}
