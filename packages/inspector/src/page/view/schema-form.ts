import type { Json } from '@pawl/core/chat';

/** A field of a form for the arguments of a call. */
export interface FormField {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  readonly description: string;
  readonly isRequired: boolean;
  readonly isInteger: boolean;
  /** The values of a choice. */
  readonly choices: readonly Json[];
}

type SchemaLike = Readonly<Record<string, unknown>>;

/** What the reader of a form holds of each field: the text of its input, or whether it is checked. */
export type FormValues = Readonly<Record<string, string | boolean>>;

/**
 * Creates the fields of a form from a JSON Schema. Fields that are neither a text, a number, a boolean nor a choice are edited as JSON. Returns
 * `undefined` if the schema is no object with known properties: then all of it is edited as JSON.
 */
export function createFields(schema: unknown, input: Json): readonly FormField[] | undefined {
  if (!isRecord(schema) || !isRecord(schema['properties']) || !isRecord(input)) return undefined;
  const properties = schema['properties'];
  const names = new Set([...Object.keys(properties), ...Object.keys(input)]);
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return [...names].map((name) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const field = readProperty(property, Object.hasOwn(input, name) ? input[name] : undefined);
    return { ...field, name, isRequired: required.includes(name) };
  });
}

function readProperty(property: unknown, value: unknown): Omit<FormField, 'name' | 'isRequired'> {
  const { type, enum: choices, description } = isRecord(property) ? property : ({} as SchemaLike);
  const shared = { description: typeof description === 'string' ? description : '', isInteger: type === 'integer' };
  if (Array.isArray(choices)) return { ...shared, kind: 'choice', choices: choices as readonly Json[] };
  return { ...shared, kind: findKind(type, value), choices: [] };
}

/** A value of another type than the schema's is edited as JSON: nothing of it is lost. */
function findKind(type: unknown, value: unknown): FormField['kind'] {
  const isOf = (expected: string): boolean => value === undefined || typeof value === expected;
  if (type === 'string' && isOf('string')) return 'text';
  if ((type === 'number' || type === 'integer') && isOf('number')) return 'number';
  return type === 'boolean' && isOf('boolean') ? 'boolean' : 'json';
}

/** Returns what the inputs show at first. */
export function toFormValues(fields: readonly FormField[], input: Json): FormValues {
  const values = isRecord(input) ? input : {};
  const shown = fields.map(({ name, kind }) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return [name, toFormValue(kind, value)] as const;
  });
  return Object.fromEntries(shown);
}

function toFormValue(kind: FormField['kind'], value: unknown): string | boolean {
  if (kind === 'boolean') return value === true;
  if (value === undefined) return '';
  return kind === 'text' || kind === 'number'
    ? String(value)
    : JSON.stringify(value, undefined, kind === 'json' ? 2 : 0);
}

export type ParsedForm =
  | { readonly ok: true; readonly value: Json }
  /** By the name of the field. */
  | { readonly ok: false; readonly problems: Readonly<Record<string, string>> };

/** Reads the values of a form. An optional field that is empty is left out. The server checks the result against the schema. */
export function parseForm(fields: readonly FormField[], values: FormValues): ParsedForm {
  const problems: [string, string][] = [];
  const parsed: [string, Json][] = [];
  for (const field of fields) {
    const given = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
    const read = parseField(field, given ?? '');
    if (read.ok && read.value !== undefined) parsed.push([field.name, read.value]);
    if (!read.ok) problems.push([field.name, read.problem]);
  }
  // Not an object literal: a name can be `__proto__`.
  return problems.length > 0
    ? { ok: false, problems: Object.fromEntries(problems) }
    : { ok: true, value: Object.fromEntries(parsed) };
}

type ParsedField =
  | { readonly ok: true; readonly value: Json | undefined }
  | { readonly ok: false; readonly problem: string };

function parseField({ kind, isRequired, isInteger }: FormField, given: string | boolean): ParsedField {
  if (typeof given === 'boolean') return { ok: true, value: given };
  if (kind === 'text') return { ok: true, value: given === '' && !isRequired ? undefined : given };
  if (given.trim() === '')
    return isRequired ? { ok: false, problem: 'A value is needed.' } : { ok: true, value: undefined };
  if (kind === 'number') {
    const value = Number(given);
    if (!Number.isFinite(value)) return { ok: false, problem: 'This is not a number.' };
    if (isInteger && !Number.isInteger(value)) return { ok: false, problem: 'This is not a whole number.' };
    return { ok: true, value };
  }
  return parseJsonField(given);
}

/** Parses a text area with JSON. */
export function parseJsonField(
  text: string,
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, value: JSON.parse(text) as Json };
  } catch (error) {
    return { ok: false, problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isRecord(value: unknown): value is SchemaLike {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
