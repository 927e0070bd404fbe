import { isRecord } from '../base/json.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { Message, TextPart } from './message.ts';

// CreateChatCompletionRequest, spelled as on the wire.

/** A function, as described to the model (FunctionObject). */
export interface FunctionObject {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  readonly description?: string;
  /** The JSON Schema of an object. Absent: the function has no parameters. */
  readonly parameters?: JsonSchema;
  /** Whether arguments must follow the schema exactly; it can then use only a part of JSON Schema. @defaultValue false */
  readonly strict?: boolean | null;
}

export interface FunctionToolObject {
  readonly type: 'function';
  readonly function: FunctionObject;
}

/** The format of a custom tool's text: any text, or text that a grammar allows. */
export type CustomFormat =
  | { readonly type: 'text' }
  | {
      readonly type: 'grammar';
      readonly grammar: { readonly definition: string; readonly syntax: 'lark' | 'regex' };
    };

/** A tool that takes free text (CustomToolChatCompletions). */
export interface CustomToolObject {
  readonly type: 'custom';
  readonly custom: {
    readonly name: string;
    readonly description?: string;
    /** @defaultValue any text */
    readonly format?: CustomFormat;
  };
}

/** A tool of a request. */
export type ToolObject = FunctionToolObject | CustomToolObject;

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } }
  | { readonly type: 'custom'; readonly custom: { readonly name: string } }
  | {
      readonly type: 'allowed_tools';
      readonly allowed_tools: {
        /** `required`: the model must call at least one of them. */
        readonly mode: 'auto' | 'required';
        /** By name: `{ type: 'function', function: { name } }`. */
        readonly tools: readonly Readonly<Record<string, unknown>>[];
      };
    };

export type ResponseFormat =
  | { readonly type: 'text' }
  /** Any JSON object. The instructions must ask for JSON too. */
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        /** Letters, digits, `_` and `-`, at most 64. */
        readonly name: string;
        readonly description?: string;
        readonly schema?: JsonSchema;
        /** @defaultValue false */
        readonly strict?: boolean | null;
      };
    };

/** The fields that shape a response. Each can be set for an agent or for one run. `null` stands for the default. */
export interface ChatSettings {
  /** The maximum number of tokens of a response, including reasoning. Sent under the name that the server knows. @defaultValue the model's own */
  readonly max_completion_tokens?: number | null;
  /** The maximum number of tokens of a response. @deprecated The reference replaced it by `max_completion_tokens`. */
  readonly max_tokens?: number | null;
  /** The randomness of a response, 0 to 2. @defaultValue 1 */
  readonly temperature?: number | null;
  /** Only the most likely tokens with this total probability are considered, 0 to 1. @defaultValue 1 */
  readonly top_p?: number | null;
  /** Above 0, a token becomes less likely the more often it was used, -2 to 2. @defaultValue 0 */
  readonly frequency_penalty?: number | null;
  /** Above 0, a token that was used becomes less likely, -2 to 2. @defaultValue 0 */
  readonly presence_penalty?: number | null;
  /** Makes tokens more or less likely: a bias of -100 to 100 per token id. @defaultValue none */
  readonly logit_bias?: Readonly<Record<string, number>> | null;
  /** Whether the response has the log probability of each token. @defaultValue false */
  readonly logprobs?: boolean | null;
  /** The number of most likely tokens to return per position, 0 to 20. Requires `logprobs`. @defaultValue 0 */
  readonly top_logprobs?: number | null;
  /** One text, or a list of 1 to 4, that ends the response and is not a part of it. @defaultValue none */
  readonly stop?: string | readonly string[] | null;
  /** The same seed and fields give the same response if possible. @deprecated The reference promises nothing. */
  readonly seed?: number | null;
  /** The number of choices, 1 to 128. An agent accepts only 1; a `ChatModel` accepts more. @defaultValue 1 */
  readonly n?: number | null;
  /** Whether one response can have several calls. @defaultValue true */
  readonly parallel_tool_calls?: boolean;
  /** The reasoning effort of a model that can reason. The known values differ by model. @defaultValue 'medium' */
  readonly reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | (string & {}) | null;
  /** The length of the response. @defaultValue 'medium' */
  readonly verbosity?: 'low' | 'medium' | 'high' | null;
  /** The format of the response. An agent's `output` sets it. @defaultValue text */
  readonly response_format?: ResponseFormat;
  /** The kinds of output. `audio` requires the field `audio`. @defaultValue ['text'] */
  readonly modalities?: readonly ('text' | 'audio')[] | null;
  /** The voice and format of a spoken response. */
  readonly audio?: {
    readonly voice: string | { readonly id: string };
    readonly format: 'wav' | 'aac' | 'mp3' | 'flac' | 'opus' | 'pcm16';
  } | null;
  /** The expected text of most of the response, such as a file with small changes. Makes the response faster. */
  readonly prediction?: { readonly type: 'content'; readonly content: string | readonly TextPart[] } | null;
  /** Up to 16 pairs that the server stores with the response; keys of up to 64 characters, values of up to 512. */
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** Whether the server stores the response. @defaultValue false */
  readonly store?: boolean | null;
  /** The service tier that processes the request. @defaultValue 'auto' */
  readonly service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | 'fast' | (string & {}) | null;
  /** Identifies the end user, for abuse detection. @deprecated Replaced by `safety_identifier` and `prompt_cache_key`. */
  readonly user?: string;
  /** Identifies the end user as a hash, for abuse detection; at most 64 characters. */
  readonly safety_identifier?: string | null;
  /** Requests with the same key share cached prompts. */
  readonly prompt_cache_key?: string | null;
  /** Where prompts are cached: `implicit`: the server chooses; `explicit`: only at a `prompt_cache_breakpoint`. */
  readonly prompt_cache_options?: { readonly mode?: 'implicit' | 'explicit'; readonly ttl?: '30m' };
  /** How long a prompt stays in the cache. @deprecated Replaced by `prompt_cache_options`. */
  readonly prompt_cache_retention?: 'in_memory' | '24h' | null;
  /** Lets the model search the web, if the server supports it. */
  readonly web_search_options?: {
    /** How much of the search results the model reads. @defaultValue 'medium' */
    readonly search_context_size?: 'low' | 'medium' | 'high';
    readonly user_location?: {
      readonly type: 'approximate';
      /** `country` by ISO 3166-1, two letters; `timezone` by IANA. */
      readonly approximate: {
        readonly city?: string;
        readonly country?: string;
        readonly region?: string;
        readonly timezone?: string;
      };
    } | null;
  };
  /** Checks prompt and response with a moderation model in the same request. */
  readonly moderation?: {
    readonly model: string;
    /** `score` only reports, `block` ends the request. */
    readonly policy?: {
      readonly input?: { readonly mode: 'score' | 'block' } | null;
      readonly output?: { readonly mode: 'score' | 'block' } | null;
    } | null;
  } | null;
}

/** A request to a `ChatModel`. Do not change messages and tools in place after sending them, because their JSON is cached. */
export interface ChatRequest extends ChatSettings {
  /** The name of the model on the server. @defaultValue the name of the `ChatModel` */
  readonly model?: string;
  /** The conversation so far; at least one message. */
  readonly messages: readonly Message[];
  /** The tools that the model can call; at most 128 on OpenAI. */
  readonly tools?: readonly ToolObject[];
  /** Whether the model can, must or must not call tools, and which. @defaultValue 'auto' if there are tools */
  readonly tool_choice?: ToolChoice;
  /** Whether the response is streamed. @defaultValue false */
  readonly stream?: boolean | null;
  /** For streams only. @defaultValue usage included, if the server's profile knows the field */
  readonly stream_options?: {
    /** Whether the last chunk has the usage. */
    readonly include_usage?: boolean;
    /** Whether chunks are padded to hide the length of the text from an observer of the connection. @defaultValue true, by the server */
    readonly include_obfuscation?: boolean;
  } | null;
  /** The functions that the model can call, 1 to 128. @deprecated The legacy form of `tools`. */
  readonly functions?: readonly Omit<FunctionObject, 'strict'>[];
  /** Whether and which function the model calls. @deprecated The legacy form of `tool_choice`. */
  readonly function_call?: 'none' | 'auto' | { readonly name: string };
}

/** Returns the name of a tool of either kind. */
export function getToolObjectName(tool: ToolObject): string {
  return tool.type === 'custom' ? tool.custom.name : tool.function.name;
}

/** Lists the names in a tool choice. The reference leaves the form of an allowed tool open. */
export function listChosenNames(choice: ToolChoice | undefined): readonly string[] {
  if (choice === undefined || typeof choice === 'string') return [];
  switch (choice.type) {
    case 'function':
      return [choice.function.name];
    case 'custom':
      return [choice.custom.name];
    case 'allowed_tools':
      return choice.allowed_tools.tools.map(readAllowedName);
  }
}

function readAllowedName(entry: Readonly<Record<string, unknown>>): string {
  const holder = [entry['function'], entry['custom'], entry].find(isRecord);
  return typeof holder?.['name'] === 'string' ? holder['name'] : '';
}
