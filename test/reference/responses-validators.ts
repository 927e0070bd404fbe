import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { bundleSchema, deriveSchemas } from './derive-schema.ts';

/** The types of the official client, as schemas. */
const openai = dirname(createRequire(import.meta.url).resolve('openai'));
const schemas = deriveSchemas(readFileSync(join(openai, 'resources/responses/responses.d.ts'), 'utf8'));

const ajv = new Ajv2020({ strict: false, allErrors: true, discriminator: false });

/** Lists the problems of a response by OpenAI's types. `output_text` is added by the client. */
export const responseObjectProblems: (body: unknown) => readonly string[] = listProblems('Response');

/** Lists the problems of an event of a stream. */
export const responseEventProblems: (event: unknown) => readonly string[] = listEventProblems();

/** Lists the problems of an item of `input_items`. */
export const inputItemProblems: (item: unknown) => readonly string[] = listProblems('ResponseItem');

/** A client adds `output_text` to each response. */
function withOutputText(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return 'response' in body ? { ...body, response: withOutputText(body.response) } : { output_text: '', ...body };
}

function listProblems(name: string): (body: unknown) => readonly string[] {
  const validate = ajv.compile(bundleSchema(name, schemas));
  return (body) => {
    if (validate(withOutputText(body))) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
    });
  };
}

/** By the type of the event: errors of a union would be those of sixty types. */
function listEventProblems(): (event: unknown) => readonly string[] {
  const byType = new Map<string, (body: unknown) => readonly string[]>();
  for (const [name, schema] of Object.entries(schemas)) {
    const { type }: { readonly type?: { readonly const?: unknown } } = Object(schema['properties']);
    if (/^Response\w+Event$/.test(name) && typeof type?.const === 'string') byType.set(type.const, listProblems(name));
  }
  return (event) => {
    const type = String(Reflect.get(Object(event), 'type'));
    return byType.get(type)?.(event) ?? [`There is no event "${type}".`];
  };
}
