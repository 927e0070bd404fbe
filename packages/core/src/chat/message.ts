// The messages of Chat Completions (CreateChatCompletionRequest.messages), spelled as on the wire.

/** Says that what comes before can be kept by the server and used again for another request. */
export interface PromptCacheBreakpoint {
  readonly mode: 'explicit';
  /** How long it is kept at least, in minutes or hours. */
  readonly ttl?: '30m' | '12h';
}

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly prompt_cache_breakpoint?: PromptCacheBreakpoint;
}

export interface ImagePart {
  readonly type: 'image_url';
  /** An address or a `data:` URL. */
  readonly image_url: {
    readonly url: string;
    /** How closely the model looks; closer costs more tokens. @defaultValue 'auto' */
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
  /** Its content as base64 with a name, or the id of a file that was uploaded. */
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
  /** `input` is free text, or what the tool's grammar allows. */
  readonly custom: { readonly name: string; readonly input: string };
}

export type ToolCall = FunctionToolCall | CustomToolCall;

/** A spoken response (ChatCompletionResponseMessage.audio). A request names it by its `id` alone. */
export interface ResponseAudio {
  readonly id: string;
  /** Base64, in the format that was asked for. */
  readonly data?: string;
  /** Seconds since 1970; from then on the id means nothing. */
  readonly expires_at?: number;
  readonly transcript?: string;
}

/** A source on the web. The indexes are characters of the content, the end not included. */
export interface Annotation {
  readonly type: 'url_citation';
  readonly url_citation: {
    readonly start_index: number;
    readonly end_index: number;
    readonly title: string;
    readonly url: string;
  };
}

/** What the model said, as it was responded and as it is sent again. Fields that only a server knows are kept on it. */
export interface AssistantMessage {
  readonly role: 'assistant';
  /** May be left out or `null` beside calls. */
  readonly content?: string | readonly (TextPart | RefusalPart)[] | null;
  readonly refusal?: string | null;
  readonly name?: string;
  readonly audio?: ResponseAudio | null;
  /**
   * What the model thought, as most servers call it, and where Pawl puts `<think>…</think>` and thinking parts. The profile
   * says whether it goes back.
   */
  readonly reasoning_content?: string;
  /** The same on OpenRouter, Groq, Ollama and newer vLLM. */
  readonly reasoning?: string;
  /** The same in blocks, some of them encrypted or signed, on OpenRouter and MiniMax. */
  readonly reasoning_details?: readonly Readonly<Record<string, unknown>>[];
  /** Sources; in responses only. */
  readonly annotations?: readonly Annotation[];
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
export function getMessageText({ content }: Message): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}
