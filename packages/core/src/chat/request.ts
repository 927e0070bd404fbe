import type { JsonSchema } from '../schema/json-schema.ts';
import type { Message } from './message.ts';

// CreateChatCompletionRequest, spelled as on the wire.

/** A tool as the model sees it (FunctionObject). */
export interface FunctionObject {
  readonly name: string;
  readonly description?: string;
  readonly parameters?: JsonSchema;
  readonly strict?: boolean | null;
}

export interface FunctionToolObject {
  readonly type: 'function';
  readonly function: FunctionObject;
}

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } };

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        readonly name: string;
        readonly description?: string;
        readonly schema?: JsonSchema;
        readonly strict?: boolean | null;
      };
    };

/** The fields that shape a reply; any of them may be set for an agent or for one run. */
export interface ChatSettings {
  /** The most tokens of a reply, reasoning included. */
  readonly max_completion_tokens?: number | null;
  /** @deprecated For servers that know only this name; the reference replaced it by `max_completion_tokens`. */
  readonly max_tokens?: number | null;
  /** 0 to 2. */
  readonly temperature?: number | null;
  /** 0 to 1. */
  readonly top_p?: number | null;
  /** -2 to 2. */
  readonly frequency_penalty?: number | null;
  /** -2 to 2. */
  readonly presence_penalty?: number | null;
  /** Token id to a bias of -100 to 100. */
  readonly logit_bias?: Readonly<Record<string, number>> | null;
  readonly logprobs?: boolean | null;
  /** 0 to 20; needs `logprobs`. */
  readonly top_logprobs?: number | null;
  /** Up to four texts that end the reply. */
  readonly stop?: string | readonly string[] | null;
  readonly seed?: number | null;
  /** Replies asked for. An agent takes 1; a bare `ChatModel` takes more. */
  readonly n?: number | null;
  readonly parallel_tool_calls?: boolean;
  readonly reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | (string & {}) | null;
  readonly verbosity?: 'low' | 'medium' | 'high' | null;
  readonly response_format?: ResponseFormat;
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly store?: boolean | null;
  readonly service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | (string & {}) | null;
  readonly user?: string;
  readonly safety_identifier?: string;
  readonly prompt_cache_key?: string;
}

/** What a `ChatModel` is asked. The model's name is its own affair, unless `model` is given. */
export interface ChatRequest extends ChatSettings {
  readonly model?: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly FunctionToolObject[];
  readonly tool_choice?: ToolChoice;
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  /** @deprecated The legacy form of `tools`. */
  readonly functions?: readonly FunctionObject[];
  /** @deprecated The legacy form of `tool_choice`. */
  readonly function_call?: 'none' | 'auto' | { readonly name: string };
}
