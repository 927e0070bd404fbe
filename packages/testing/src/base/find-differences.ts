import { isObject } from './json.ts';
import { sliceStart } from './slice-start.ts';

export interface Difference {
  /** `messages[2].content`; empty for the whole value. */
  readonly path: string;
  /** `undefined`: expected to be absent. */
  readonly expected: unknown;
  /** `undefined`: absent. */
  readonly actual: unknown;
}

/**
 * Lists where `actual` differs from `expected`. With `part`, objects may have fields that are not expected; lists are
 * always compared whole.
 */
export function findDifferences(
  expected: unknown,
  actual: unknown,
  how: { readonly compare: 'whole' | 'part' } = { compare: 'whole' },
): readonly Difference[] {
  return compareAt({ path: '', expected, actual }, how);
}

function compareAt(at: Difference, how: { readonly compare: 'whole' | 'part' }): readonly Difference[] {
  const { path, expected, actual } = at;
  if (isMatcher(expected)) return expected.asymmetricMatch(actual) ? [] : [at];
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      compareAt({ path: `${path}[${index}]`, expected: expected[index], actual: actual[index] }, how),
    );
  }
  if (isObject(expected) && isObject(actual)) {
    const names =
      how.compare === 'part' ? Object.keys(expected) : new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...names].flatMap((name) =>
      compareAt({ path: path === '' ? name : `${path}.${name}`, expected: expected[name], actual: actual[name] }, how),
    );
  }
  return isSame(expected, actual) ? [] : [at];
}

/** `expect.any(String)` and other asymmetric matchers of vitest and Jest. */
interface Matcher {
  toAsymmetricMatcher?(): string;
  asymmetricMatch(actual: unknown): boolean;
}

function isMatcher(expected: unknown): expected is Matcher {
  return (
    typeof expected === 'object' && expected !== null && typeof Reflect.get(expected, 'asymmetricMatch') === 'function'
  );
}

/** A regular expression accepts each text that it matches. */
function isSame(expected: unknown, actual: unknown): boolean {
  if (expected instanceof RegExp) return typeof actual === 'string' && new RegExp(expected).test(actual);
  return Object.is(expected, actual);
}

const MAX_LINES = 8;
const MAX_LENGTH = 120;

/** Formats one line per difference. Cuts long values and long lists. */
export function formatDifferences(found: readonly Difference[]): string {
  const lines = found.slice(0, MAX_LINES).map(({ path, expected, actual }) => {
    return `  ${path || 'the whole value'}: expected ${formatValue(expected)}, got ${formatValue(actual)}`;
  });
  if (found.length > MAX_LINES) lines.push(`  and ${found.length - MAX_LINES} more`);
  return lines.join('\n');
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = toText(value);
  return text.length <= MAX_LENGTH ? text : `${sliceStart(text, MAX_LENGTH)}…`;
}

function toText(value: unknown): string {
  if (isMatcher(value)) return value.toAsymmetricMatcher?.() ?? String(value);
  return value instanceof RegExp ? String(value) : (JSON.stringify(value) ?? String(value));
}
