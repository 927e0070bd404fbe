import type { KeptParts, PartsOfCall } from './kept-parts.ts';

// The messages of Chat Completions (CreateChatCompletionRequest.messages), spelled as on the wire.

/** The server can cache the prompt up to this point and reuse it for another request. */
export interface PromptCacheBreakpoint {
  readonly mode: 'explicit';
  /** The minimum time in the cache. */
  readonly ttl?: '30m' | '12h';
}

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint;
}

export interface ImagePart {
  readonly type: 'image_url';
  /** A URL, or a `data:` URL. */
  readonly image_url: {
    readonly url: string;
    /** The level of detail; a higher one costs more tokens. @defaultValue 'auto' */
    readonly detail?: 'auto' | 'low' | 'high' | 'original' | (string & {});
  };
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint;
}

export interface AudioPart {
  readonly type: 'input_audio';
  /** Base64. */
  readonly input_audio: { readonly data: string; readonly format: 'wav' | 'mp3' | (string & {}) };
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint;
}

export interface FilePart {
  readonly type: 'file';
  /** The content as base64 with a name, or the id of an uploaded file. */
  readonly file: { readonly file_data?: string; readonly file_id?: string; readonly filename?: string };
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint;
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
  /** On the message with the images and files of tools: which parts belong to which call, in order. Never sent. */
  readonly pawl_parts_of?: readonly PartsOfCall[];
}

export interface FunctionToolCall {
  readonly id: string;
  readonly type: 'function';
  /** `arguments` is a JSON text, as the model wrote it. */
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface CustomToolCall {
  readonly id: string;
  readonly type: 'custom';
  /** `input` is free text, or text that the tool's grammar allows. */
  readonly custom: { readonly name: string; readonly input: string };
}

export type ToolCall = FunctionToolCall | CustomToolCall;

/** A spoken response (ChatCompletionResponseMessage.audio). A request refers to it by its `id` only. */
export interface ResponseAudio {
  readonly id: string;
  /** Base64, in the requested format. */
  readonly data?: string;
  /** Seconds since 1970. After that time the id is invalid. */
  readonly expires_at?: number;
  readonly transcript?: string;
}

/** A web source. The indexes are positions in the content; the end is exclusive. */
export interface Annotation {
  readonly type: 'url_citation';
  readonly url_citation: {
    readonly start_index: number;
    readonly end_index: number;
    readonly title: string;
    readonly url: string;
  };
}

/** A message of the model, as received and as it is sent again. Fields that only one server knows stay on it. */
export interface AssistantMessage {
  readonly role: 'assistant';
  /** Can be absent or `null` if there are calls. */
  readonly content?: string | readonly (TextPart | RefusalPart)[] | null;
  readonly refusal?: string | null;
  readonly name?: string;
  readonly audio?: ResponseAudio | null;
  /**
   * The model's reasoning, under the name that most servers use. Pawl also puts `<think>…</think>` and thinking parts here. The
   * profile says whether it is sent back.
   */
  readonly reasoning_content?: string;
  /** The reasoning on OpenRouter, Groq, Ollama and newer vLLM. */
  readonly reasoning?: string;
  /** The reasoning in blocks, some of them encrypted or signed, on OpenRouter and MiniMax. */
  readonly reasoning_details?: readonly Readonly<Record<string, unknown>>[];
  /** Sources. Only in responses. */
  readonly annotations?: readonly Annotation[];
  readonly tool_calls?: readonly ToolCall[];
  /** @deprecated The legacy form of one tool call; `tool_calls` replaced it. */
  readonly function_call?: { readonly name: string; readonly arguments: string } | null;
  /** What the provider that made this message needs back. Never sent by `openai()`. */
  readonly pawl_kept?: KeptParts;
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

/** One message of a conversation. A message in a history never changes. */
export type Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage;

/** Returns the name of the called tool, for either kind of call. */
export function getCallName(call: ToolCall): string {
  return call.type === 'custom' ? call.custom.name : call.function.name;
}

/** Whether servers accept a name of a tool: https://platform.openai.com/docs/api-reference/chat/create (FunctionObject.name). */
export function isSendableName(name: string): boolean {
  return /^[a-zA-Z0-9_-]{1,64}$/.test(name);
}

/** Returns the arguments of a call as JSON text, or the free text for a custom tool. */
export function getCallArguments(call: ToolCall): string {
  return call.type === 'custom' ? call.custom.input : call.function.arguments;
}

/** Returns the text of a message, its parts joined; `''` if it has none. */
export function getMessageText({ content }: Message): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}
