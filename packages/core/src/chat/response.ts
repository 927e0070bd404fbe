import type { AssistantMessage } from './message.ts';

// CreateChatCompletionResponse, spelled as on the wire. Fields that a server can omit are optional; fields that it adds stay.

/** An open union: an unknown value of a server stays. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call' | (string & {});

/** In tokens. */
export interface CompletionUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: {
    /** Read from the server's cache. */
    readonly cached_tokens?: number;
    readonly cache_write_tokens?: number;
    readonly audio_tokens?: number;
    readonly text_tokens?: number;
    readonly image_tokens?: number;
  };
  readonly completion_tokens_details?: {
    readonly reasoning_tokens?: number;
    readonly audio_tokens?: number;
    readonly text_tokens?: number;
    /** Tokens of the `prediction` that appear in the response. */
    readonly accepted_prediction_tokens?: number;
    /** Tokens of the `prediction` that do not appear in the response. They are billed too. */
    readonly rejected_prediction_tokens?: number;
  };
}

/** The probability of a token (ChatCompletionTokenLogprob). */
export interface TokenLogprob {
  readonly token: string;
  /** The natural logarithm; -9999 for a very unlikely token. */
  readonly logprob: number;
  /** The token as UTF-8; `null` if it has no bytes. */
  readonly bytes: readonly number[] | null;
  /** The most likely tokens at this position, as many as `top_logprobs` of the request. */
  readonly top_logprobs: readonly Omit<TokenLogprob, 'top_logprobs'>[];
}

export interface Logprobs {
  readonly content: readonly TokenLogprob[] | null;
  readonly refusal: readonly TokenLogprob[] | null;
}

/** The result of a moderation model for one text or image. */
export interface ModerationResult {
  readonly type: 'moderation_result';
  readonly model: string;
  readonly flagged: boolean;
  readonly categories: Readonly<Record<string, boolean>>;
  /** 0 to 1. */
  readonly category_scores: Readonly<Record<string, number>>;
  readonly category_applied_input_types: Readonly<Record<string, readonly ('text' | 'image')[]>>;
}

export type ModerationRecord =
  | {
      readonly type: 'moderation_results';
      readonly model: string;
      readonly results: readonly ModerationResult[];
    }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

export interface ChatChoice {
  readonly index: number;
  readonly message: AssistantMessage;
  /** `null` if the server sent none. */
  readonly finish_reason: FinishReason | null;
  readonly logprobs?: Logprobs | null;
}

/** A whole response in the documented form, for every server, streamed or not. */
export interface ChatResponse {
  readonly id?: string;
  readonly object?: 'chat.completion';
  /** Seconds since 1970. */
  readonly created?: number;
  /** The model that responded, often a more exact name than that of the request. */
  readonly model?: string;
  /** At least one. */
  readonly choices: readonly [ChatChoice, ...ChatChoice[]];
  readonly usage?: CompletionUsage;
  readonly service_tier?: string | null;
  readonly system_fingerprint?: string | null;
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** Set if the request asked for it. */
  readonly moderation?: { readonly input: ModerationRecord; readonly output: ModerationRecord } | null;
}

/** A deviation of a server from the documented form, and how Pawl read it. */
export interface Repair {
  /** The path of the value: `choices[0].message.tool_calls[1].id`. */
  readonly path: string;
  /** What was wrong and what was done. */
  readonly note: string;
}

/** One piece of a response as it arrives. */
export type Delta =
  | {
      readonly type: 'text';
      readonly delta: string;
      /** The response text begins here. Earlier text is not a part of it. */
      readonly startsAnswer?: boolean;
    }
  | { readonly type: 'reasoning'; readonly delta: string }
  | { readonly type: 'refusal'; readonly delta: string }
  | {
      readonly type: 'call';
      /** The id of the call in the response. A model without HTTP can omit it. */
      readonly id?: string;
      /** The position among the calls of the response, from 0. */
      readonly index: number;
      readonly name: string;
      /** @defaultValue 'function' */
      readonly kind?: 'function' | 'custom';
      /** A piece of the arguments. A call without arguments has one empty piece. */
      readonly delta: string;
    };
