import { ignoreOverride, zodToJsonSchema } from 'zod-to-json-schema';
import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { isDynamic } from './is-dynamic.ts';
import { isJsonScalar, type JsonSchema } from './json-schema.ts';
import { addPatternNotes, extractFlaggedPatterns, findFlaggedPatterns } from './pattern-flags.ts';
import { toPropertyPath } from './property-path.ts';
import type { StandardSchema } from './schema.ts';

/** A zod 3 schema. Zod 3.24 and later implement Standard Schema. */
export interface Zod3Schema<Output = unknown> {
  readonly _def: object;
  readonly _output: Output;
  readonly '~standard': {
    readonly vendor: string;
    readonly version: number;
    validate(value: unknown): unknown;
  };
}

/**
 * Wraps a zod 3 schema (3.24 or later) for use as a tool's input or an agent's output.
 *
 * Core itself supports only zod 4; this entry point loads zod-to-json-schema.
 *
 * @throws ConfigError if the schema is one of zod 4.
 */
export function zod3<Output>(schema: Zod3Schema<Output>): StandardSchema<Output> {
  // zod-to-json-schema silently converts a zod 4 schema to `{}`.
  if ('_zod' in schema) throw new ConfigError('zod3(): the schema is one of zod 4. Pass it without zod3().');
  const standard = schema['~standard'];
  return {
    '~standard': {
      version: standard.version,
      vendor: 'zod3',
      validate: (value: unknown) => standard.validate(value),
      jsonSchema: { input: () => convertZod3(schema) },
    } as StandardSchema<Output>['~standard'], // compileSchema checks the other fields.
  };
}

function convertZod3(schema: Zod3Schema): JsonSchema {
  // The types of zod-to-json-schema refer to the classes of the installed zod, which is zod 4 here.
  const { $schema: _, ...jsonSchema } = zodToJsonSchema(schema as never, {
    effectStrategy: 'input',
    // With this option a recursive schema becomes a reference. Otherwise its recursion would allow any value.
    $refStrategy: 'root',
    override(definition, { currentPath }) {
      refuseUnsupported(definition, currentPath);
      return ignoreOverride;
    },
    postProcess(converted, definition) {
      if (isRecord(converted)) correctZod3Schema(definition, converted);
      return converted;
    },
  });
  return addPatternNotes(jsonSchema as JsonSchema);
}

/** The used fields of a zod 3 definition. */
interface Zod3Definition {
  readonly description?: string | undefined;
  readonly typeName?: string;
  readonly coerce?: boolean;
  readonly value?: unknown;
  readonly defaultValue?: () => unknown;
  readonly checks?: readonly { readonly regex?: unknown }[];
}

/** Refuses types that zod-to-json-schema converts although no JSON value passes them. */
function refuseUnsupported(definition: Zod3Definition, path: readonly string[]): void {
  const { typeName, coerce, value } = definition;
  const isForeign = typeName === 'ZodLiteral' && !isJsonScalar(value);
  const fix =
    typeName === undefined || coerce === true ? undefined : (FIXES[typeName] ?? (isForeign ? FIX : undefined));
  if (fix === undefined) return;
  const place = toPropertyPath(path).replace(/^\./, '') || 'the root';
  throw new ConfigError(`${place} is a ${typeName}, which no JSON value passes. ${fix}`);
}

const FIX = 'Use a type that JSON has, and convert it in execute.';

const FIXES: Readonly<Record<string, string>> = {
  ZodDate: 'Use z.string().datetime(), or z.coerce.date().',
  ZodBigInt: 'Use z.number().int(), or z.coerce.bigint().',
  ZodMap: 'Use z.record().',
  ZodSet: 'Use z.array().',
  ZodNaN: FIX,
  ZodSymbol: FIX,
  ZodFunction: FIX,
};

/** Corrects parts of a converted schema that differ from zod's validation. */
function correctZod3Schema(
  { typeName, defaultValue, checks = [] }: Zod3Definition,
  jsonSchema: Record<string, unknown>,
): void {
  if (typeName === 'ZodDefault' && defaultValue !== undefined && isDynamic(defaultValue)) delete jsonSchema['default'];
  if (typeName === 'ZodString')
    extractFlaggedPatterns(jsonSchema, findFlaggedPatterns(checks.map(({ regex }) => regex)));
}
