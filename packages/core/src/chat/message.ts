// The messages of Chat Completions (CreateChatCompletionRequest.messages), spelled as on the wire.

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

export interface ImagePart {
  readonly type: 'image_url';
  /** An address or a `data:` URL. */
  readonly image_url: { readonly url: string; readonly detail?: 'auto' | 'low' | 'high' };
}

export interface AudioPart {
  readonly type: 'input_audio';
  /** Base64. */
  readonly input_audio: { readonly data: string; readonly format: 'wav' | 'mp3' };
}

export interface FilePart {
  readonly type: 'file';
  readonly file: { readonly file_data?: string; readonly file_id?: string; readonly filename?: string };
}

export interface RefusalPart {
  readonly type: 'refusal';
  readonly refusal: string;
}

export type UserPart = TextPart | ImagePart | AudioPart | FilePart;

export interface SystemMessage {
  readonly role: 'system';
  readonly content: string | readonly TextPart[];
  readonly name?: string;
}

export interface DeveloperMessage {
  readonly role: 'developer';
  readonly content: string | readonly TextPart[];
  readonly name?: string;
}

export interface UserMessage {
  readonly role: 'user';
  readonly content: string | readonly UserPart[];
  readonly name?: string;
}

export interface FunctionToolCall {
  readonly id: string;
  readonly type: 'function';
  /** `arguments` is JSON as text, as the model wrote it. */
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface CustomToolCall {
  readonly id: string;
  readonly type: 'custom';
  readonly custom: { readonly name: string; readonly input: string };
}

export type ToolCall = FunctionToolCall | CustomToolCall;

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content?: string | readonly (TextPart | RefusalPart)[] | null;
  readonly refusal?: string | null;
  readonly name?: string;
  readonly audio?: { readonly id: string } | null;
  readonly tool_calls?: readonly ToolCall[];
  /** @deprecated The legacy form of one tool call; `tool_calls` replaced it. */
  readonly function_call?: { readonly name: string; readonly arguments: string } | null;
}

export interface ToolMessage {
  readonly role: 'tool';
  readonly content: string | readonly TextPart[];
  readonly tool_call_id: string;
}

/** @deprecated The legacy form of a tool message. */
export interface FunctionMessage {
  readonly role: 'function';
  readonly content: string | null;
  readonly name: string;
}

/** One message of a conversation. It never changes once it is in a history. */
export type Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage;

/** The name that a call asks for, whichever kind it is. */
export function callName(call: ToolCall): string {
  return call.type === 'custom' ? call.custom.name : call.function.name;
}

/** What a call brings along: arguments as JSON text, or a custom tool's free text. */
export function callArguments(call: ToolCall): string {
  return call.type === 'custom' ? call.custom.input : call.function.arguments;
}

/** The text of a message, its parts joined; `''` where it has none. */
export function textOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}
