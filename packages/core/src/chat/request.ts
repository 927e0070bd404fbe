import { isRecord } from '../base/json.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { Message, TextPart } from './message.ts';

// CreateChatCompletionRequest, spelled as on the wire.

/** A function as the model sees it (FunctionObject). */
export interface FunctionObject {
  /** Letters, digits, `_` and `-`, 64 at most. */
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of an object. Without it the function has no parameters. */
  readonly parameters?: JsonSchema;
  /** Whether arguments must follow the schema exactly; only part of JSON Schema can then be used. @defaultValue false */
  readonly strict?: boolean | null;
}

export interface FunctionToolObject {
  readonly type: 'function';
  readonly function: FunctionObject;
}

/** What the text of a custom tool may be: any, or what a grammar allows. */
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

/** A tool as it goes to the server. */
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
  /** Some JSON, which the instructions must ask for as well. */
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        /** Letters, digits, `_` and `-`, 64 at most. */
        readonly name: string;
        readonly description?: string;
        readonly schema?: JsonSchema;
        /** @defaultValue false */
        readonly strict?: boolean | null;
      };
    };

/** The fields that shape a response; any of them may be set for an agent or for one run. Where it may be, `null` is the default. */
export interface ChatSettings {
  /** The most tokens of a response, reasoning included. Sent under the name that the server knows. @defaultValue the model's own */
  readonly max_completion_tokens?: number | null;
  /** The most tokens of a response. @deprecated The reference replaced it by `max_completion_tokens`. */
  readonly max_tokens?: number | null;
  /** How much chance there is in a response, 0 to 2. @defaultValue 1 */
  readonly temperature?: number | null;
  /** Only the likeliest tokens that make up this share are considered, 0 to 1. @defaultValue 1 */
  readonly top_p?: number | null;
  /** Above 0, tokens become less likely the more often they were used, -2 to 2. @defaultValue 0 */
  readonly frequency_penalty?: number | null;
  /** Above 0, tokens become less likely once they were used, -2 to 2. @defaultValue 0 */
  readonly presence_penalty?: number | null;
  /** Makes tokens likelier or less likely: token id to a bias of -100 to 100. @defaultValue none */
  readonly logit_bias?: Readonly<Record<string, number>> | null;
  /** Whether each token's logarithmic probability is given. @defaultValue false */
  readonly logprobs?: boolean | null;
  /** How many of the likeliest tokens are given at each position, 0 to 20; needs `logprobs`. @defaultValue 0 */
  readonly top_logprobs?: number | null;
  /** One text, or 1 to 4, that end the response and are not part of it. @defaultValue none */
  readonly stop?: string | readonly string[] | null;
  /** The same seed and fields give the same response where possible. @deprecated Without promise, by the reference. */
  readonly seed?: number | null;
  /** Replies asked for, 1 to 128. An agent takes 1; a bare `ChatModel` takes more. @defaultValue 1 */
  readonly n?: number | null;
  /** Whether one response may have several calls. @defaultValue true */
  readonly parallel_tool_calls?: boolean;
  /** How much a model thinks that can; which values it knows differs by model. @defaultValue 'medium' */
  readonly reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | (string & {}) | null;
  /** How long a response should be. @defaultValue 'medium' */
  readonly verbosity?: 'low' | 'medium' | 'high' | null;
  /** The form of the response. An agent's `output` sets it. @defaultValue text */
  readonly response_format?: ResponseFormat;
  /** What the response consists of; `audio` needs the field `audio`. @defaultValue ['text'] */
  readonly modalities?: readonly ('text' | 'audio')[] | null;
  /** Voice and format of a spoken response. */
  readonly audio?: {
    readonly voice: string | { readonly id: string };
    readonly format: 'wav' | 'aac' | 'mp3' | 'flac' | 'opus' | 'pcm16';
  } | null;
  /** What most of the response will probably be, such as a file with small changes: makes it come sooner. */
  readonly prediction?: { readonly type: 'content'; readonly content: string | readonly TextPart[] } | null;
  /** Up to 16 pairs that are kept with the response; keys of up to 64 characters, values of up to 512. */
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** Whether the server keeps the response. @defaultValue false */
  readonly store?: boolean | null;
  /** Which capacity serves the request. @defaultValue 'auto' */
  readonly service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | 'fast' | (string & {}) | null;
  /** Who asks, for the server's watch over abuse. @deprecated By `safety_identifier` and `prompt_cache_key`. */
  readonly user?: string;
  /** Who asks, hashed, for the server's watch over abuse; 64 characters at most. */
  readonly safety_identifier?: string | null;
  /** Requests with the same key find each other's cached prompts. */
  readonly prompt_cache_key?: string | null;
  /** How prompts are cached: where the server thinks best, or at `prompt_cache_breakpoint`s only. */
  readonly prompt_cache_options?: { readonly mode?: 'implicit' | 'explicit'; readonly ttl?: '30m' };
  /** How long a prompt is kept. @deprecated By `prompt_cache_options`. */
  readonly prompt_cache_retention?: 'in_memory' | '24h' | null;
  /** Lets the model search the web, where it can. */
  readonly web_search_options?: {
    /** How much of what was found is read. @defaultValue 'medium' */
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
  /** Judges prompt and response by a moderation model in the same request. */
  readonly moderation?: {
    readonly model: string;
    /** `score` only tells, `block` ends the request. */
    readonly policy?: {
      readonly input?: { readonly mode: 'score' | 'block' } | null;
      readonly output?: { readonly mode: 'score' | 'block' } | null;
    } | null;
  } | null;
}

/** What a `ChatModel` is asked. Messages and tools must not be changed in place once they were sent: their JSON is kept. */
export interface ChatRequest extends ChatSettings {
  /** The name by which the server knows the model. @defaultValue the name that the `ChatModel` was made with */
  readonly model?: string;
  /** The conversation so far; at least one message. */
  readonly messages: readonly Message[];
  /** What the model may call, 128 at most on OpenAI. */
  readonly tools?: readonly ToolObject[];
  /** Whether it may, must or must not call, and what. @defaultValue 'auto' where there are tools */
  readonly tool_choice?: ToolChoice;
  /** Whether the response comes in pieces. @defaultValue false */
  readonly stream?: boolean | null;
  /** For streams only. @defaultValue usage included, where the server's profile knows the field */
  readonly stream_options?: {
    /** Whether the last chunk tells the usage. */
    readonly include_usage?: boolean;
    /** Whether chunks are padded, against eavesdroppers who count bytes. @defaultValue true, by the server */
    readonly include_obfuscation?: boolean;
  } | null;
  /** What the model may call, 1 to 128. @deprecated The legacy form of `tools`. */
  readonly functions?: readonly Omit<FunctionObject, 'strict'>[];
  /** Whether and what the model calls. @deprecated The legacy form of `tool_choice`. */
  readonly function_call?: 'none' | 'auto' | { readonly name: string };
}

/** The name of a tool, whichever kind it is. */
export function getToolObjectName(tool: ToolObject): string {
  return tool.type === 'custom' ? tool.custom.name : tool.function.name;
}

/** The names that a choice mentions. The reference leaves the form of an allowed tool open. */
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
