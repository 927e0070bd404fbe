import type { AssistantMessage, ChatRequest, ChatResponse, Message, ToolCall, UserPart } from '@pawl/core/chat';
import { computeOnce } from './compute-once.ts';

/** One part of a message, in the form of the semantic conventions. Further fields may follow. */
export type ContentPart =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'reasoning'; readonly content: string }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly arguments: unknown }
  | { readonly type: 'tool_call_response'; readonly id: string; readonly response: unknown }
  | {
      readonly type: 'blob';
      readonly modality: string;
      readonly mime_type?: string;
      /** Base64. */
      readonly content: string;
    }
  | { readonly type: 'file'; readonly modality: string; readonly file_id: string }
  | { readonly type: 'uri'; readonly modality: string; readonly uri: string };

/** Changes a part, or leaves it out by `undefined`. A part of which nothing is known to be secret is returned as it is. */
export type RedactContent = (part: ContentPart) => ContentPart | undefined;

/** Encodes messages as JSON texts, each message once. A run sends the same messages with each request. */
export class ContentEncoder {
  readonly #redact: RedactContent;
  readonly #messages: TextCache = new WeakMap();
  readonly #instructions: TextCache = new WeakMap();
  readonly #tools: TextCache = new WeakMap();

  constructor(redact: RedactContent = (part) => part) {
    this.#redact = redact;
  }

  encodeInput(messages: readonly Message[]): string {
    return `[${messages.map((message) => this.#encodeMessage(message)).join(',')}]`;
  }

  encodeInstructions(first: Message): string {
    return computeOnce<object, string>(this.#instructions, first, () => JSON.stringify(this.#keep(toParts(first))));
  }

  encodeOutput({ choices }: ChatResponse): string {
    const outputs = choices.map(({ message, finish_reason: reason }) => ({
      role: 'assistant',
      parts: this.#keep(toParts(message)),
      finish_reason: reason ?? 'unknown',
    }));
    return JSON.stringify(outputs);
  }

  encodeTools(tools: NonNullable<ChatRequest['tools']>): string {
    return computeOnce<object, string>(this.#tools, tools, () =>
      JSON.stringify(
        tools.map((tool) => {
          if (tool.type === 'custom') return { ...tool.custom, type: 'custom' };
          const { name, description, parameters } = tool.function;
          return { type: 'function', name, description, parameters };
        }),
      ),
    );
  }

  /** The arguments of a call as a JSON text; `undefined` if they are left out. */
  encodeArguments(call: ToolCall): string | undefined {
    const part = this.#redact(toCallPart(call));
    return part?.type === 'tool_call' ? toText(part.arguments) : undefined;
  }

  encodeResult({ id }: ToolCall, content: string): string | undefined {
    const part = this.#redact({ type: 'tool_call_response', id, response: content });
    return part?.type === 'tool_call_response' ? toText(part.response) : undefined;
  }

  encodeText(role: 'assistant' | 'user', text: string): string {
    return JSON.stringify([{ role, parts: this.#keep([{ type: 'text', content: text }]) }]);
  }

  #encodeMessage(message: Message): string {
    return computeOnce<object, string>(this.#messages, message, () => {
      const { role } = message;
      const name = 'name' in message && role !== 'function' ? message.name : undefined;
      const known = role === 'developer' ? 'system' : role === 'function' ? 'tool' : role;
      return JSON.stringify({ role: known, parts: this.#keep(toParts(message)), name });
    });
  }

  #keep(parts: readonly ContentPart[]): readonly ContentPart[] {
    return parts.flatMap((part) => {
      const kept = this.#redact(part);
      return kept === undefined ? [] : [kept];
    });
  }
}

/** The JSON text of what never changes. */
type TextCache = WeakMap<object, string>;

function toParts(message: Message): readonly ContentPart[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return toContentParts(message.content);
    case 'user':
      return toContentParts(message.content);
    case 'assistant':
      return toAssistantParts(message);
    case 'tool':
      return [{ type: 'tool_call_response', id: message.tool_call_id, response: joinText(message.content) }];
    case 'function':
      return [{ type: 'tool_call_response', id: message.name, response: message.content ?? '' }];
  }
}

function toAssistantParts(message: AssistantMessage): readonly ContentPart[] {
  const { content, refusal, tool_calls: calls = [] } = message;
  const reasoning = message.reasoning_content ?? message.reasoning;
  return [
    ...(reasoning === undefined || reasoning === '' ? [] : [{ type: 'reasoning', content: reasoning } as const]),
    ...(typeof content === 'string' ? toContentParts(content) : []),
    ...(Array.isArray(content) ? content.map(toTextPart) : []),
    ...(typeof refusal === 'string' ? [{ type: 'text', content: refusal } as const] : []),
    ...calls.map(toCallPart),
  ];
}

function toTextPart(part: { readonly text: string } | { readonly refusal: string }): ContentPart {
  return { type: 'text', content: 'text' in part ? part.text : part.refusal };
}

function toContentParts(content: string | readonly UserPart[]): readonly ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  return content.flatMap(toUserParts);
}

function toUserParts(part: UserPart): readonly ContentPart[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', content: part.text }];
    case 'image_url':
      return [toBinaryPart('image', part.image_url.url)];
    case 'input_audio': {
      const { data, format } = part.input_audio;
      return [{ type: 'blob', modality: 'audio', mime_type: `audio/${format}`, content: data }];
    }
    case 'file': {
      const { file_data: data, file_id: id } = part.file;
      if (data !== undefined) return [toBinaryPart('document', data)];
      return id === undefined ? [] : [{ type: 'file', modality: 'document', file_id: id }];
    }
  }
}

function toBinaryPart(modality: string, url: string): ContentPart {
  const inline = /^data:([^;,]*)(?:;[^,]*)?,(.*)$/s.exec(url);
  if (inline === null && /^[a-z][\w+.-]*:/i.test(url)) return { type: 'uri', modality, uri: url };
  const [, type = '', content = url] = inline ?? [];
  return { type: 'blob', modality, ...(type !== '' && { mime_type: type }), content };
}

function toCallPart(call: ToolCall): Extract<ContentPart, { type: 'tool_call' }> {
  const { id } = call;
  if (call.type === 'custom') return { type: 'tool_call', id, name: call.custom.name, arguments: call.custom.input };
  return { type: 'tool_call', id, name: call.function.name, arguments: parseArguments(call.function.arguments) };
}

/** Arguments that are no JSON stay as the model wrote them. */
function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function joinText(content: string | readonly { readonly text: string }[]): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
