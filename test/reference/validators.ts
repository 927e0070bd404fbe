import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** The official schemas as one document. */
export const reference: { readonly $defs: Readonly<Record<string, object>> } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'chat-completions.schema.json'), 'utf8'),
);

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: { uri: (text: string) => URL.canParse(text), unixtime: true },
});
ajv.addSchema(reference, 'chat-completions');

/** Lists the problems of a value by the official schema, including unknown fields. Empty if it is valid. */
export const requestProblems: (body: unknown) => readonly string[] = listProblems({
  $ref: 'chat-completions#/$defs/CreateChatCompletionRequest',
  unevaluatedProperties: false,
});

export const responseProblems: (body: unknown) => readonly string[] = listProblems({
  $ref: 'chat-completions#/$defs/CreateChatCompletionResponse',
});

export const chunkProblems: (body: unknown) => readonly string[] = listProblems({
  $ref: 'chat-completions#/$defs/CreateChatCompletionStreamResponse',
});

export const errorProblems: (body: unknown) => readonly string[] = listProblems({
  $ref: 'chat-completions#/$defs/ErrorResponse',
});

function listProblems(schema: object): (body: unknown) => readonly string[] {
  const validate = ajv.compile(schema);
  return (body) => {
    if (validate(body)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`;
    });
  };
}
