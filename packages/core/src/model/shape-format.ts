import type { Message, SystemMessage } from '../chat/message.ts';
import type { ResponseFormat } from '../chat/request.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { linkedStrict } from '../schema/strict-link.ts';
import type { Profile } from './profile.ts';

export interface ShapedFormat {
  readonly messages: readonly Message[];
  readonly format: ResponseFormat | undefined;
}

/** The best form of `response_format` that the server understands; a schema it does not take goes into the instructions. */
export function shapeFormat(
  { messages, format }: ShapedFormat,
  { responseFormat, strictSchemas }: Pick<Profile, 'responseFormat' | 'strictSchemas'>,
): ShapedFormat {
  switch (format?.type) {
    case undefined:
      return { messages, format: undefined };
    case 'text':
      return { messages, format };
    case 'json_object':
      return { messages, format: responseFormat === 'none' ? undefined : format };
    case 'json_schema': {
      const { strict, ...schema } = format.json_schema;
      if (responseFormat === 'json_schema')
        return { messages, format: strictSchemas ? strictest(format) : { ...format, json_schema: schema } };
      return {
        messages: instructed(messages, schema.schema ?? {}),
        format: responseFormat === 'json_object' ? { type: 'json_object' } : undefined,
      };
    }
  }
}

/** Held to its strict form, where it has one and nobody said otherwise. */
function strictest(format: Extract<ResponseFormat, { type: 'json_schema' }>): ResponseFormat {
  const { strict, schema } = format.json_schema;
  const form = strict === undefined && schema !== undefined ? linkedStrict(schema) : undefined;
  return form === undefined
    ? format
    : { ...format, json_schema: { ...format.json_schema, schema: form, strict: true } };
}

/** At the end of the first message where that is the system's: some servers take none further down. */
function instructed(messages: readonly Message[], schema: JsonSchema): readonly Message[] {
  const instruction = instructionFor(schema);
  const [first, ...rest] = messages;
  if (first?.role !== 'system' && first?.role !== 'developer') {
    return [{ role: 'system', content: instruction }, ...messages];
  }
  return [{ ...first, content: extended(first.content, instruction) }, ...rest];
}

function extended(content: SystemMessage['content'], instruction: string): SystemMessage['content'] {
  if (typeof content === 'string') return `${content}\n\n${instruction}`;
  return [...content, { type: 'text', text: instruction }];
}

const instructions = new WeakMap<JsonSchema, string>();

function instructionFor(schema: JsonSchema): string {
  const made = instructions.get(schema);
  if (made !== undefined) return made;
  const text = `Answer with one JSON value and nothing else. It has to fit this JSON Schema:\n${JSON.stringify(schema)}`;
  instructions.set(schema, text);
  return text;
}
