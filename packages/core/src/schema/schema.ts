import { ConfigError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import { findImpossible } from './find-impossible.ts';
import { formatIssues, type Issue } from './issues.ts';
import type { JsonSchema } from './json-schema.ts';
import { normalizeSchema } from './normalize.ts';
import { parseJsonTexts } from './parse-json-texts.ts';
import { withoutNulls } from './without-nulls.ts';
import { convertZod, isZod } from './zod.ts';

/** A zod 4 schema, classic or mini. The type is minimal, so that the compiler checks user types quickly. */
export interface ZodSchema<Output = unknown> {
  readonly _zod: { readonly output: Output };
}

/** A schema that implements the Standard Schema and Standard JSON Schema specifications, for example from `zod3()`. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': { readonly vendor: string; readonly types?: { readonly output: Output } | undefined };
}

/** A schema for a tool's input or an agent's output. */
export type Schema<Output = unknown> = ZodSchema<Output> | StandardSchema<Output>;

export type ValidationResult =
  | { readonly ok: true; readonly value: unknown }
  /** One line per issue: `path: expected …, got …`. */
  | { readonly ok: false; readonly issues: string };

/** A compiled schema: the JSON Schema to send, and the validation of the model's values. */
export interface CompiledSchema {
  /** Plain JSON Schema of 2020-12. */
  readonly jsonSchema: JsonSchema;
  /** Whether validation may keep properties that the schema does not list. Zod drops them. */
  readonly hasOpenObjects: boolean;
  validate(value: unknown): Promise<ValidationResult>;
}

/** The used part of the Standard Schema and Standard JSON Schema specifications. */
interface StandardProps {
  readonly vendor: string;
  validate(value: unknown): StandardResult | Promise<StandardResult>;
  readonly jsonSchema?: { input(options: { target: string }): JsonSchema };
}

type StandardResult = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** @throws ConfigError that begins with `where` if JSON Schema cannot express the schema. */
export function compileSchema(schema: Schema, where: string): CompiledSchema {
  const standard = isObject(schema) && '~standard' in schema ? schema['~standard'] : undefined;
  if (!isStandard(standard)) throw makeSchemaError(schema, where);
  const jsonSchema = normalizeOrRefuse(toJsonSchema(schema, standard, where), where);
  const impossible = findImpossible(jsonSchema);
  if (impossible !== undefined) throw new ConfigError(`${where}${impossible}: no JSON value passes this schema.`);
  const check = async (value: unknown): Promise<ValidationResult> => {
    const result = await standard.validate(value);
    if (result.issues === undefined) return { ok: true, value: result.value };
    return { ok: false, issues: formatIssues(result.issues, value) };
  };
  return {
    jsonSchema,
    hasOpenObjects: !standard.vendor.startsWith('zod'),
    async validate(value) {
      // Nulls are removed before validation: a schema that coerces would turn an omitted field into the text "null".
      const repaired = withoutNulls(parseJsonTexts(value, jsonSchema).value, jsonSchema);
      const result = await check(repaired);
      if (result.ok || repaired === value) return result;
      const original = await check(value);
      return original.ok ? original : result;
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
  if (isZod(schema)) return convertZod(schema, where);
  if (standard.jsonSchema !== undefined) return readInputSchema(standard.jsonSchema, where);
  if (standard.vendor === 'zod') {
    throw new ConfigError(`${where} is a zod 3 schema. Wrap it: zod3(schema) from "@pawl/core/zod3".`);
  }
  throw new ConfigError(
    `${where}: a schema of "${standard.vendor}" has no JSON Schema. Use zod 4, or a schema with "~standard".jsonSchema.`,
  );
}

function readInputSchema(converter: StandardProps['jsonSchema'] & object, where: string): JsonSchema {
  try {
    return converter.input({ target: 'draft-2020-12' });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${where}: JSON Schema can't express this schema: ${problem}`, { cause: error });
  }
}

function normalizeOrRefuse(schema: JsonSchema, where: string): JsonSchema {
  try {
    return normalizeSchema(schema);
  } catch (error) {
    // The schema is too deep for any server, or contains itself.
    throw new ConfigError(`${where}: JSON Schema can't express this schema: it is nested without end.`, {
      cause: error,
    });
  }
}

/** Explains common mistakes: other libraries accept a shape or a plain JSON Schema. */
function makeSchemaError(value: unknown, where: string): ConfigError {
  if (isShape(value)) return new ConfigError(`${where} is an object of schemas. Wrap it: z.object({ … }).`);
  if (isJsonSchema(value)) return new ConfigError(`${where} is a plain JSON Schema. Wrap it: jsonSchema(schema).`);
  return new ConfigError(`${where}: ${describe(value)} is not a schema. Pass a zod schema.`);
}

/** Whether a value is an object of schemas, the parameter of `z.object`. */
function isShape(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const fields: readonly unknown[] = Object.values(value);
  return fields.some((field) => isObject(field) && ('~standard' in field || '_zod' in field || '_def' in field));
}

function isJsonSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !isPlainObject(value)) return false;
  return KEYWORDS.some((keyword) => keyword in value);
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
