import type { Profile } from './profile.ts';

type Taking = Pick<Profile, 'emptyContent'>;

/** The content of a user message or of a tool result, which can not be left out: a word stands for what a server would refuse. */
export function filledContent<T>(content: T, profile: Taking): T | string {
  const kept = contentOf(content, profile);
  return kept === '' && !profile.emptyContent ? EMPTY : kept;
}

const EMPTY = '(empty)';

/** The content without empty parts; `''` where nothing is left. White space alone is nothing where the server refuses it. */
export function contentOf<T>(content: T, { emptyContent }: Taking): T | string {
  if (typeof content === 'string') return emptyContent || /\S/.test(content) ? content : '';
  if (!Array.isArray(content)) return content ?? '';
  const kept = content.filter((part: unknown) => !isEmptyPart(part, emptyContent ? /^$/ : /^\s*$/));
  if (kept.length === content.length && kept.length > 0) return content;
  return kept.length === 0 ? '' : (kept as T); // Some of the same parts.
}

function isEmptyPart(part: unknown, empty: RegExp): boolean {
  if (typeof part !== 'object' || part === null || Reflect.get(part, 'type') !== 'text') return false;
  const text: unknown = Reflect.get(part, 'text');
  return typeof text === 'string' && empty.test(text);
}

/** Whether a field is padding, as servers that write out every field of their types send it. Numbers and flags are not: 0 may be meant. */
export function isPadding(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(isPadding);
}
