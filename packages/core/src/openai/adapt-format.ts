import { memoize } from '../base/memoize.ts';
import type { Message, SystemMessage } from '../chat/message.ts';
import type { ResponseFormat } from '../chat/request.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { adaptSchema } from './adapt-schema.ts';
import type { Profile } from './profile.ts';

export interface AdaptedFormat {
  readonly messages: readonly Message[];
  readonly format: ResponseFormat | undefined;
}

export interface FormatScope {
  readonly profile: Profile;
  /** Whether the request has tools. */
  readonly hasTools: boolean;
}

/** Chooses the best `response_format` that the server supports. If it supports no schema, the schema is added to the instructions. */
export function adaptFormat({ messages, format }: AdaptedFormat, { profile, hasTools }: FormatScope): AdaptedFormat {
  const responseFormat = hasTools && !canUseFormatWithTools(profile) ? 'none' : profile.responseFormat;
  switch (format?.type) {
    case undefined:
      return { messages, format: undefined };
    case 'text':
      return { messages, format };
    case 'json_object':
      return { messages, format: responseFormat.startsWith('json') ? format : undefined };
    case 'json_schema': {
      const { schema, strict, ...rest } = format.json_schema;
      if (responseFormat !== 'json_schema') {
        return {
          messages: withInstruction(messages, createSchemaInstruction(schema ?? {})),
          format: responseFormat === 'json_object' ? { type: 'json_object' } : undefined,
        };
      }
      const form = adaptSchema({ schema, strict }, profile);
      const adapted = {
        ...rest,
        ...(form.schema !== undefined && { schema: form.schema }),
        ...(form.strict !== undefined && { strict: form.strict }),
      };
      return { messages, format: { type: 'json_schema', json_schema: adapted } };
    }
  }
  // An unknown type is sent as it is: the server may know it.
  return { messages, format };
}

/** Whether a request may have both tools and a `response_format`. */
export function canUseFormatWithTools({ outputWithTools }: Pick<Profile, 'outputWithTools'>): boolean {
  return outputWithTools === 'response-format';
}

/** Appends an instruction to the first message if that is a system message: some servers accept system messages only at the beginning. */
export function withInstruction(messages: readonly Message[], instruction: string): readonly Message[] {
  const [first, ...rest] = messages;
  if (first === undefined) return [{ role: 'system', content: instruction }];
  const known = instructionStarts.get(first);
  const leading = known?.instruction === instruction ? known.messages : createStart(first, instruction);
  instructionStarts.set(first, { instruction, messages: leading });
  return [...leading, ...rest];
}

interface InstructionStart {
  readonly instruction: string;
  /** The replacement of the first message. */
  readonly messages: readonly Message[];
}

/** By the first message of the conversation. The replacement stays the same object, so that its bytes are created once. */
const instructionStarts = new WeakMap<Message, InstructionStart>();

function createStart(first: Message, instruction: string): readonly Message[] {
  if (first.role !== 'system' && first.role !== 'developer') return [{ role: 'system', content: instruction }, first];
  return [{ ...first, content: appendInstruction(first.content, instruction) }];
}

function appendInstruction(content: SystemMessage['content'], instruction: string): SystemMessage['content'] {
  if (typeof content === 'string') return `${content}\n\n${instruction}`;
  return [...content, { type: 'text', text: instruction }];
}

const createSchemaInstruction = memoize((schema: JsonSchema) => {
  return `Answer with one JSON value and nothing else. It must match this JSON Schema:\n${JSON.stringify(schema)}`;
});
