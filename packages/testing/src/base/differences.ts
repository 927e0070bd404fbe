import { isObject } from './json.ts';
import { sliceStart } from './slice-start.ts';

export interface Difference {
  /** `messages[2].content`; empty for the whole. */
  readonly path: string;
  /** `undefined`: there should be nothing. */
  readonly expected: unknown;
  /** `undefined`: there is nothing. */
  readonly actual: unknown;
}

/**
 * Where a value is not what was expected. `whole`: it may have nothing beside it; `part`: objects may have more fields than are
 * named, lists are compared whole.
 */
export function differences(
  expected: unknown,
  actual: unknown,
  how: { readonly compare: 'whole' | 'part' } = { compare: 'whole' },
): readonly Difference[] {
  return between({ path: '', expected, actual }, how);
}

function between(at: Difference, how: { readonly compare: 'whole' | 'part' }): readonly Difference[] {
  const { path, expected, actual } = at;
  if (isMatcher(expected)) return expected.asymmetricMatch(actual) ? [] : [at];
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      between({ path: `${path}[${index}]`, expected: expected[index], actual: actual[index] }, how),
    );
  }
  if (isObject(expected) && isObject(actual)) {
    const names =
      how.compare === 'part' ? Object.keys(expected) : new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...names].flatMap((name) =>
      between({ path: path === '' ? name : `${path}.${name}`, expected: expected[name], actual: actual[name] }, how),
    );
  }
  return isSame(expected, actual) ? [] : [at];
}

/** `expect.any(String)` and its like, of vitest and of Jest. */
interface Matcher {
  toAsymmetricMatcher?(): string;
  asymmetricMatch(actual: unknown): boolean;
}

function isMatcher(expected: unknown): expected is Matcher {
  return (
    typeof expected === 'object' && expected !== null && typeof Reflect.get(expected, 'asymmetricMatch') === 'function'
  );
}

/** A pattern stands for each text that it matches. */
function isSame(expected: unknown, actual: unknown): boolean {
  if (expected instanceof RegExp) return typeof actual === 'string' && new RegExp(expected).test(actual);
  return Object.is(expected, actual);
}

const MOST_LINES = 8;
const MOST_LENGTH = 120;

/** One line each; what is too many or too long is cut. */
export function told(found: readonly Difference[]): string {
  const lines = found.slice(0, MOST_LINES).map(({ path, expected, actual }) => {
    return `  ${path || 'all of it'}: expected ${shown(expected)}, got ${shown(actual)}`;
  });
  if (found.length > MOST_LINES) lines.push(`  and ${found.length - MOST_LINES} more`);
  return lines.join('\n');
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = textOf(value);
  return text.length <= MOST_LENGTH ? text : `${sliceStart(text, MOST_LENGTH)}…`;
}

function textOf(value: unknown): string {
  if (isMatcher(value)) return value.toAsymmetricMatcher?.() ?? String(value);
  return value instanceof RegExp ? String(value) : (JSON.stringify(value) ?? String(value));
}
