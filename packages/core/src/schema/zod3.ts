import { zodToJsonSchema } from 'zod-to-json-schema';
import type { JsonSchema } from './json-schema.ts';
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
 */
export function zod3<Output>(schema: Zod3Schema<Output>): StandardSchema<Output> {
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
    $refStrategy: 'none',
  });
  return jsonSchema as JsonSchema;
}
