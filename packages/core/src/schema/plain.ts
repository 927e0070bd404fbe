import { ConfigError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import { checkOptions, describeType, type OptionTable } from '../base/options.ts';
import type { Issue } from './issues.ts';
import type { JsonSchema } from './json-schema.ts';
import type { StandardSchema } from './schema.ts';

/** What a check makes of a value: the value, or what is wrong with it. */
export type CheckResult<Output> = { readonly value: Output } | { readonly issues: readonly Issue[] };

export interface JsonSchemaOptions<Output> {
  /**
   * Checks what the model wrote, and may make something else of it. What it throws is an issue.
   *
   * @defaultValue none: whatever comes is passed on, to a tool any object
   */
  readonly validate?: (value: unknown) => CheckResult<Output> | Promise<CheckResult<Output>>;
}

/**
 * Lets a JSON Schema be used as a tool's input or an agent's output: one from another program, or from a file.
 *
 * The schema is sent as it is, or in its strict form to servers that hold the model to it. What comes back is checked by `validate`
 * alone, except that a tool's input is always an object.
 */
export function jsonSchema<Output = unknown>(
  schema: JsonSchema,
  options: JsonSchemaOptions<Output> = {},
): StandardSchema<Output> {
  checkSchema(schema);
  const { validate } = checkOptions(options, PLAIN, 'jsonSchema');
  return {
    '~standard': {
      version: 1,
      vendor: 'json-schema',
      validate: (value: unknown) => validate?.(value) ?? { value },
      jsonSchema: { input: () => schema },
    } as StandardSchema<Output>['~standard'], // Its other fields are looked at by compileSchema.
  };
}

function checkSchema(schema: JsonSchema | StandardSchema): void {
  if (typeof schema === 'object' && schema !== null && '~standard' in schema && !isWritten(schema)) {
    const vendor = (schema as StandardSchema)['~standard']?.vendor; // It is there.
    throw new ConfigError(`jsonSchema() was given a schema of ${vendor}. Pass that as it is, without jsonSchema().`);
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return;
  throw new ConfigError(
    `jsonSchema() was given ${describeType(schema)}. Pass an object: { type: "object", properties: { … } }.`,
  );
}

/** A JSON Schema that a library wrote may carry the schema that it was made of, as what `z.toJSONSchema` gives does: out of sight. */
function isWritten(schema: object): boolean {
  return isPlainObject(schema) && !Object.prototype.propertyIsEnumerable.call(schema, '~standard');
}

const PLAIN: OptionTable<JsonSchemaOptions<unknown>> = {
  keys: { validate: 'function' },
  hints: { check: 'The option is "validate".', parse: 'The option is "validate".' },
};
