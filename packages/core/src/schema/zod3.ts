import { ignoreOverride, zodToJsonSchema } from 'zod-to-json-schema';
import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { isDynamic } from './dynamic.ts';
import { isJsonScalar, type JsonSchema } from './json-schema.ts';
import { addPatternNotes, correctPatterns, findFlagged } from './pattern-flags.ts';
import { propertyPath } from './property-path.ts';
import type { StandardSchema } from './schema.ts';

/** A zod 3 schema, as far as it matters here: zod 3.24 and later implement Standard Schema. */
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
 * Lets a zod 3 schema (3.24 or later) be used as a tool's input or an agent's output.
 *
 * Core itself knows zod 4 only; this entry point is where zod-to-json-schema is loaded.
 *
 * @throws ConfigError for a zod 4 schema.
 */
export function zod3<Output>(schema: Zod3Schema<Output>): StandardSchema<Output> {
  // zod-to-json-schema answers `{}` for it, without a word.
  if ('_zod' in schema) throw new ConfigError('zod3() was given a zod 4 schema. Pass that as it is, without zod3().');
  const standard = schema['~standard'];
  return {
    '~standard': {
      version: standard.version,
      vendor: 'zod3',
      validate: (value: unknown) => standard.validate(value),
      jsonSchema: { input: () => inputSchema(schema) },
    } as StandardSchema<Output>['~standard'], // Its other fields are looked at by compileSchema.
  };
}

function inputSchema(schema: Zod3Schema): JsonSchema {
  // The package's own types name the classes of the zod that is installed; ours is zod 4.
  const { $schema: _, ...jsonSchema } = zodToJsonSchema(schema as never, {
    effectStrategy: 'input',
    // A schema that looks at itself is a reference; anything else would be sent as anything.
    $refStrategy: 'root',
    override(definition, { currentPath }) {
      refuseUnfit(definition, currentPath);
      return ignoreOverride;
    },
    postProcess(made, definition) {
      if (isRecord(made)) correct(definition, made);
      return made;
    },
  });
  return addPatternNotes(jsonSchema as JsonSchema);
}

/** What is looked at of a definition, by its type. */
interface Definition {
  readonly description?: string | undefined;
  readonly typeName?: string;
  readonly coerce?: boolean;
  readonly value?: unknown;
  readonly defaultValue?: () => unknown;
  readonly checks?: readonly { readonly regex?: unknown }[];
}

/** The package makes something of these types that no value from JSON then passes. */
function refuseUnfit(definition: Definition, path: readonly string[]): void {
  const { typeName, coerce, value } = definition;
  const isForeign = typeName === 'ZodLiteral' && !isJsonScalar(value);
  const fix =
    typeName === undefined || coerce === true ? undefined : (FIXES[typeName] ?? (isForeign ? FIX : undefined));
  if (fix === undefined) return;
  const place = propertyPath(path).replace(/^\./, '') || 'the root';
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

/** What the package says of a schema that is not so. */
function correct({ typeName, defaultValue, checks = [] }: Definition, made: Record<string, unknown>): void {
  if (typeName === 'ZodDefault' && defaultValue !== undefined && isDynamic(defaultValue)) delete made['default'];
  if (typeName === 'ZodString') correctPatterns(made, findFlagged(checks.map(({ regex }) => regex)));
}
