import { isRecord } from '../base/json.ts';
import { excerpt, plural } from '../base/text.ts';

/** An issue as the Standard Schema specification has it. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

const MAX_LINES = 10;
const MAX_LENGTH = 1_000;

/** Issues for a model and a person to read: one line each, `path: expected …, got …`, never the whole input. */
export function issuesText(issues: readonly Issue[], input: unknown): string {
  const lines = issues.slice(0, MAX_LINES).map((issue) => line(issue, input));
  if (issues.length > MAX_LINES) lines.push(`and ${plural(issues.length - MAX_LINES, 'more issue')}`);
  return excerpt(lines.join('\n'), MAX_LENGTH);
}

function line({ message, path = [] }: Issue, input: unknown): string {
  const keys = path.map((key) => (typeof key === 'object' ? key.key : key));
  const told = message.replace(/^[A-Z][\w ]*: (?=expected|must)/, '').replace(', received ', ', got ');
  const got = told.includes(', got ') ? '' : `, got ${quote(valueAt(input, keys))}`;
  return `${pathText(keys)}: ${told}${got}`;
}

function pathText(keys: readonly PropertyKey[]): string {
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
  return excerpt(JSON.stringify(value) ?? typeof value, 60);
}
