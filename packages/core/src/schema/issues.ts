import { isRecord } from '../base/json.ts';
import { pluralize, shorten } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';

/** An issue of the Standard Schema specification. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** An extension of zod: the issues of each branch of a union. Their paths start at the union. */
  readonly errors?: readonly (readonly Issue[])[] | undefined;
}

const MAX_LINES = 10;
const MAX_LENGTH = 1_000;
/** The characters that are reserved for the note about omitted text. */
const NOTE_LENGTH = 40;

/** Formats issues for a model and a person: one line each, `path: expected …, got …`. Never quotes the whole input. */
export function formatIssues(issues: readonly Issue[], input: unknown): string {
  const all = issues.flatMap(flattenUnion);
  const shown = all.length > MAX_LINES ? all.slice(0, MAX_LINES - 1) : all;
  const lines = shown.map((issue) => formatIssue(issue, input));
  if (shown.length < all.length) lines.push(`and ${pluralize(all.length - shown.length, 'more issue')}`);
  const text = lines.join('\n');
  return text.length <= MAX_LENGTH ? text : shorten(text, MAX_LENGTH - NOTE_LENGTH);
}

/** Replaces zod's "Invalid input" for a union by the issues of the closest branch, or by a list of the expected types. */
function flattenUnion(issue: Issue): readonly Issue[] {
  const { message, errors, path = [] } = issue;
  if (message !== 'Invalid input' || !Array.isArray(errors)) return [issue];
  const branches: readonly (readonly Issue[])[] = errors;
  const entered = branches.filter(
    (branch) => branch.length > 0 && branch.every(({ path: inner = [] }) => inner.length > 0),
  );
  const [nearest] = entered.toSorted((a, b) => a.length - b.length);
  if (nearest !== undefined) {
    return nearest.flatMap((inner) => flattenUnion({ ...inner, path: [...path, ...(inner.path ?? [])] }));
  }
  const expected = branches.map((branch) =>
    branch.flatMap(flattenUnion).flatMap(({ message }) => /expected ([^,]+)/.exec(message)?.[1] ?? []),
  );
  if (expected.length === 0 || expected.some(({ length }) => length === 0)) return [issue];
  return [{ path, message: `expected ${[...new Set(expected.flat())].join(' or ')}` }];
}

function formatIssue({ message, path = [] }: Issue, input: unknown): string {
  const keys = path.map((key) => (typeof key === 'object' ? key.key : key));
  const problem = message.replace(/^[A-Z][\w ]*: (?=expected|must)/, '').replace(', received ', ', got ');
  const got = problem.includes(', got ') ? '' : `, got ${quoteValue(getValueAt(input, keys))}`;
  return `${formatPath(keys)}: ${problem}${got}`;
}

/** Formats a path as `filter.tags[0]`; the root is `arguments`. */
export function formatPath(keys: readonly PropertyKey[]): string {
  const text = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'arguments';
}

function getValueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isRecord(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
  }
  return value;
}

function quoteValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (isRecord(value)) return 'an object';
  return shorten(stringifyWellFormed(value) ?? typeof value, 60);
}
