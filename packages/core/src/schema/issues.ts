import { isRecord } from '../base/json.ts';
import { pluralize, shorten } from '../base/text.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';

/** An issue as the Standard Schema specification has it. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** Zod's own: what each branch of a union found, with paths from the union on. */
  readonly errors?: readonly (readonly Issue[])[] | undefined;
}

const MAX_LINES = 10;
const MAX_LENGTH = 1_000;
/** Which says how much more there was. */
const LENGTH_OF_NOTE = 40;

/** Issues for a model and a person to read: one line each, `path: expected …, got …`, never the whole input. */
export function issuesText(issues: readonly Issue[], input: unknown): string {
  const single = issues.flatMap(unionless);
  const told = single.length > MAX_LINES ? single.slice(0, MAX_LINES - 1) : single;
  const lines = told.map((issue) => line(issue, input));
  if (told.length < single.length) lines.push(`and ${pluralize(single.length - told.length, 'more issue')}`);
  const text = lines.join('\n');
  return text.length <= MAX_LENGTH ? text : shorten(text, MAX_LENGTH - LENGTH_OF_NOTE);
}

/** In place of zod's "Invalid input" for a union: the issues of the branch that came nearest, or what was expected. */
function unionless(issue: Issue): readonly Issue[] {
  const { message, errors, path = [] } = issue;
  if (message !== 'Invalid input' || !Array.isArray(errors)) return [issue];
  const branches: readonly (readonly Issue[])[] = errors;
  const entered = branches.filter(
    (branch) => branch.length > 0 && branch.every(({ path: inner = [] }) => inner.length > 0),
  );
  const [nearest] = entered.toSorted((a, b) => a.length - b.length);
  if (nearest !== undefined) {
    return nearest.flatMap((inner) => unionless({ ...inner, path: [...path, ...(inner.path ?? [])] }));
  }
  const expected = branches.map((branch) =>
    branch.flatMap(unionless).flatMap(({ message }) => /expected ([^,]+)/.exec(message)?.[1] ?? []),
  );
  if (expected.length === 0 || expected.some(({ length }) => length === 0)) return [issue];
  return [{ path, message: `expected ${[...new Set(expected.flat())].join(' or ')}` }];
}

function line({ message, path = [] }: Issue, input: unknown): string {
  const keys = path.map((key) => (typeof key === 'object' ? key.key : key));
  const told = message.replace(/^[A-Z][\w ]*: (?=expected|must)/, '').replace(', received ', ', got ');
  const got = told.includes(', got ') ? '' : `, got ${quote(valueAt(input, keys))}`;
  return `${pathText(keys)}: ${told}${got}`;
}

/** `filter.tags[0]`; `arguments` for the root. */
export function pathText(keys: readonly PropertyKey[]): string {
  const text = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'arguments';
}

function valueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isRecord(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
  }
  return value;
}

function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (isRecord(value)) return 'an object';
  return shorten(stringifyWellFormed(value) ?? typeof value, 60);
}
