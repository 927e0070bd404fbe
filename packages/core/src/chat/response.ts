import type { AssistantMessage } from './message.ts';

// CreateChatCompletionResponse, spelled as on the wire. Fields that a server may leave out are optional; what it adds is kept.

/** Open: a server may say something else, which is kept as it is. */
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
    /** Of a `prediction`: how much of it came true. */
    readonly accepted_prediction_tokens?: number;
    /** Of a `prediction`: what did not, and is paid for all the same. */
    readonly rejected_prediction_tokens?: number;
  };
}

/** How likely a token was (ChatCompletionTokenLogprob). */
export interface TokenLogprob {
  readonly token: string;
  /** Natural logarithm; -9999 for what is very unlikely. */
  readonly logprob: number;
  /** The token as UTF-8; `null` where it has no bytes. */
  readonly bytes: readonly number[] | null;
  /** The likeliest tokens at this position, as many as `top_logprobs` asked for. */
  readonly top_logprobs: readonly Omit<TokenLogprob, 'top_logprobs'>[];
}

export interface Logprobs {
  readonly content: readonly TokenLogprob[] | null;
  readonly refusal: readonly TokenLogprob[] | null;
}

/** What a moderation model said of one text or image. */
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
  /** `null` where the server gave none. */
  readonly finish_reason: FinishReason | null;
  readonly logprobs?: Logprobs | null;
}

/** A whole response in the documented form, whatever the server's spelling was, streamed or not. */
export interface ChatResponse {
  readonly id?: string;
  readonly object?: 'chat.completion';
  /** Seconds since 1970. */
  readonly created?: number;
  /** Who answered: often more exact than the name that was asked for. */
  readonly model?: string;
  /** At least one. */
  readonly choices: readonly [ChatChoice, ...ChatChoice[]];
  readonly usage?: CompletionUsage;
  readonly service_tier?: string | null;
  readonly system_fingerprint?: string | null;
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** Where the request asked for it. */
  readonly moderation?: { readonly input: ModerationRecord; readonly output: ModerationRecord } | null;
}

/** Something that a server sent in another form than the documented one, and what was made of it. */
export interface Repair {
  /** Where, as a path: `choices[0].message.tool_calls[1].id`. */
  readonly path: string;
  /** What was wrong and what was done, in a few words. */
  readonly note: string;
}

/** One piece of a response as it arrives. */
export type Delta =
  | {
      readonly type: 'text';
      readonly delta: string;
      /** An answer begins here: text before it is not part of it. */
      readonly startsAnswer?: boolean;
    }
  | { readonly type: 'reasoning'; readonly delta: string }
  | { readonly type: 'refusal'; readonly delta: string }
  | {
      readonly type: 'call';
      /** The id that the call has in the response; absent if a model that is not asked over HTTP does not give it. */
      readonly id?: string;
      /** Position among the response's calls. */
      readonly index: number;
      readonly name: string;
      /** A piece of the arguments' text; `''`, once, if there is none. */
      readonly delta: string;
    };
