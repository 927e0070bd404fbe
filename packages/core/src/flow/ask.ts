import type { Json } from '../base/json.ts';
import { jsonSchema } from '../schema/plain-json-schema.ts';
import { type CompiledSchema, compileSchema, type Schema } from '../schema/schema.ts';
import { type Tool, tool } from '../tool/tool.ts';
import { CallError } from './errors.ts';

/** The tool whose calls the questions of a flow are. Without `execute`, its calls wait for an answer from outside. */
export function createAskTool(timeoutMs: number | undefined): Tool {
  return tool({
    name: 'ask',
    description: 'Asks a person or another system.',
    input: jsonSchema<{ readonly question: Json }>(
      { type: 'object', properties: { question: {} }, required: ['question'], additionalProperties: false },
      { validate: (value) => ({ value: value as { readonly question: Json } }) }, // The flow makes it.
    ),
    ...(timeoutMs !== undefined && { approvalTimeoutMs: timeoutMs }),
  });
}

/** Compiles the schema of an answer. */
export function compileAnswer(schema: Schema | undefined, where: string): CompiledSchema | undefined {
  return schema === undefined ? undefined : compileSchema(schema, `${where}, answer`);
}

/** @throws CallError if the answer does not match the schema */
export async function readAnswer(value: unknown, schema: CompiledSchema | undefined): Promise<unknown> {
  if (schema === undefined) return value;
  const read = await schema.validate(value);
  if (read.ok) return read.value;
  throw new CallError({
    tool: 'ask',
    reason: 'invalid',
    content: `The answer does not match its schema: ${read.issues}`,
  });
}
