import { ConfigError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import { findImpossible } from './impossible.ts';
import { type Issue, issuesText } from './issues.ts';
import type { JsonSchema } from './json-schema.ts';
import { parseJsonTexts } from './json-texts.ts';
import { normalizeSchema } from './normalize.ts';
import { withoutNulls } from './nulls.ts';
import { isZod, zodToJsonSchema } from './zod.ts';

/** A zod 4 schema, classic or mini. Kept this thin so that a user's types stay cheap to check. */
export interface ZodSchema<Output = unknown> {
  readonly _zod: { readonly output: Output };
}

/** A schema that says what it is by the Standard Schema and Standard JSON Schema specifications; `zod3()` gives one. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': { readonly vendor: string; readonly types?: { readonly output: Output } | undefined };
}

/** What a tool's input or an agent's output may be described by. */
export type Schema<Output = unknown> = ZodSchema<Output> | StandardSchema<Output>;

export type Validated =
  | { readonly ok: true; readonly value: unknown }
  /** One line an issue: `path: expected …, got …`. */
  | { readonly ok: false; readonly issues: string };

/** A schema made ready once: what is sent, and how what comes back is checked. */
export interface CompiledSchema {
  /** Plain JSON Schema, 2020-12. */
  readonly jsonSchema: JsonSchema;
  /** Whether an object that says nothing of other properties may keep them: zod drops them. */
  readonly hasOpenObjects: boolean;
  validate(value: unknown): Promise<Validated>;
}

/** The part of the Standard Schema and Standard JSON Schema specifications that is used here. */
interface StandardProps {
  readonly vendor: string;
  validate(value: unknown): StandardResult | Promise<StandardResult>;
  readonly jsonSchema?: { input(options: { target: string }): JsonSchema };
}

type StandardResult = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** Throws a `ConfigError` that begins with `where` for a schema that JSON Schema can't express. */
export function compileSchema(schema: Schema, where: string): CompiledSchema {
  // `Schema` says little; the rest is looked at here, once.
  const standard = isObject(schema) && '~standard' in schema ? schema['~standard'] : undefined;
  if (!isStandard(standard)) throw notASchema(schema, where);
  const jsonSchema = normalizeOrRefuse(toJsonSchema(schema, standard, where), where);
  const nowhere = findImpossible(jsonSchema);
  if (nowhere !== undefined) throw new ConfigError(`${where}${nowhere}: no JSON value passes this schema.`);
  const check = async (value: unknown): Promise<Validated> => {
    const result = await standard.validate(value);
    if (result.issues === undefined) return { ok: true, value: result.value };
    return { ok: false, issues: issuesText(result.issues, value) };
  };
  return {
    jsonSchema,
    hasOpenObjects: !standard.vendor.startsWith('zod'),
    async validate(value) {
      // Before validation: a schema that coerces makes the text "null" of a null that means nothing.
      const read = withoutNulls(parseJsonTexts(value, jsonSchema).value, jsonSchema);
      const first = await check(read);
      if (first.ok || read === value) return first;
      const second = await check(value);
      return second.ok ? second : first;
    },
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

function isStandard(value: unknown): value is StandardProps {
  return isObject(value) && 'validate' in value && typeof value.validate === 'function';
}

function toJsonSchema(schema: Schema, standard: StandardProps, where: string): JsonSchema {
  if (isZod(schema)) return zodToJsonSchema(schema, where);
  if (standard.jsonSchema !== undefined) return inputSchema(standard.jsonSchema, where);
  if (standard.vendor === 'zod') {
    throw new ConfigError(`${where} is a zod 3 schema. Wrap it: zod3(schema) from "@pawl/core/zod3".`);
  }
  throw new ConfigError(
    `${where}: a schema of "${standard.vendor}" can validate but not say what it is in JSON Schema. Use zod 4, or a schema with "~standard".jsonSchema.`,
  );
}

function inputSchema(converter: StandardProps['jsonSchema'] & object, where: string): JsonSchema {
  try {
    return converter.input({ target: 'draft-2020-12' });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${where}: this schema can't be told in JSON Schema: ${problem}`, { cause: error });
  }
}

function normalizeOrRefuse(schema: JsonSchema, where: string): JsonSchema {
  try {
    return normalizeSchema(schema);
  } catch (error) {
    // Too deep for any server, or an object that holds itself.
    throw new ConfigError(`${where}: this schema can't be told in JSON Schema: it is nested without end.`, {
      cause: error,
    });
  }
}

/** Other libraries take a shape, or a JSON Schema, as it is. */
function notASchema(given: unknown, where: string): ConfigError {
  if (isShape(given)) return new ConfigError(`${where} is an object of schemas. Wrap it: z.object({ … }).`);
  if (isJsonSchema(given)) return new ConfigError(`${where} is a plain JSON Schema. Wrap it: jsonSchema(schema).`);
  return new ConfigError(`${where}: ${describe(given)} is not a schema. Pass a zod schema.`);
}

/** The fields of an object, each by its schema: the parameter of `z.object`. */
function isShape(given: unknown): boolean {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  const fields: readonly unknown[] = Object.values(given);
  return fields.some((field) => isObject(field) && ('~standard' in field || '_zod' in field || '_def' in field));
}

function isJsonSchema(given: unknown): boolean {
  if (typeof given !== 'object' || given === null || !isPlainObject(given)) return false;
  return KEYWORDS.some((keyword) => keyword in given);
}

const KEYWORDS: readonly string[] = [
  'type',
  'properties',
  '$schema',
  '$ref',
  '$defs',
  'anyOf',
  'oneOf',
  'allOf',
  'enum',
  'const',
];

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
