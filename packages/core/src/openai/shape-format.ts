import { memoize } from '../base/memoize.ts';
import type { Message, SystemMessage } from '../chat/message.ts';
import type { ResponseFormat } from '../chat/request.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { Profile } from './profile.ts';
import { shapeSchema } from './shape-schema.ts';

export interface ShapedFormat {
  readonly messages: readonly Message[];
  readonly format: ResponseFormat | undefined;
}

export interface FormatScope {
  readonly profile: Profile;
  /** Whether the request shows tools. */
  readonly hasTools: boolean;
}

/** The best form of `response_format` that the server understands; a schema it does not take goes into the instructions. */
export function shapeFormat({ messages, format }: ShapedFormat, { profile, hasTools }: FormatScope): ShapedFormat {
  const responseFormat = hasTools && !takesFormatWithTools(profile) ? 'none' : profile.responseFormat;
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
          messages: withInstruction(messages, instructionFor(schema ?? {})),
          format: responseFormat === 'json_object' ? { type: 'json_object' } : undefined,
        };
      }
      const form = shapeSchema({ schema, strict }, profile);
      const shaped = {
        ...rest,
        ...(form.schema !== undefined && { schema: form.schema }),
        ...(form.strict !== undefined && { strict: form.strict }),
      };
      return { messages, format: { type: 'json_schema', json_schema: shaped } };
    }
  }
  // A form that only this server knows.
  return { messages, format };
}

/** Whether a request may have both tools and a `response_format`. */
export function takesFormatWithTools({ outputWithTools }: Pick<Profile, 'outputWithTools'>): boolean {
  return outputWithTools === 'response-format';
}

/** At the end of the first message where that is the system's: some servers take none further down. */
export function withInstruction(messages: readonly Message[], instruction: string): readonly Message[] {
  const [first, ...rest] = messages;
  if (first === undefined) return [{ role: 'system', content: instruction }];
  const known = instructed.get(first);
  const leading = known?.instruction === instruction ? known.messages : instructedStart(first, instruction);
  instructed.set(first, { instruction, messages: leading });
  return [...leading, ...rest];
}

interface Instructed {
  readonly instruction: string;
  /** What stands in place of the first message. */
  readonly messages: readonly Message[];
}

/** By the conversation's first message: the bytes of a message are made once for each object. */
const instructed = new WeakMap<Message, Instructed>();

function instructedStart(first: Message, instruction: string): readonly Message[] {
  if (first.role !== 'system' && first.role !== 'developer') return [{ role: 'system', content: instruction }, first];
  return [{ ...first, content: extended(first.content, instruction) }];
}

function extended(content: SystemMessage['content'], instruction: string): SystemMessage['content'] {
  if (typeof content === 'string') return `${content}\n\n${instruction}`;
  return [...content, { type: 'text', text: instruction }];
}

const instructionFor = memoize((schema: JsonSchema) => {
  return `Answer with one JSON value and nothing else. It has to fit this JSON Schema:\n${JSON.stringify(schema)}`;
});
