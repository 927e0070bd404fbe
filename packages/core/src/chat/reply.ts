import type { AssistantMessage } from './message.ts';

// CreateChatCompletionResponse, spelled as on the wire. Fields that a server may leave out are optional; what it adds is kept.

/** Open: a server may say something else, which is kept as it is. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call' | (string & {});

export interface CompletionUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number; readonly audio_tokens?: number };
  readonly completion_tokens_details?: {
    readonly reasoning_tokens?: number;
    readonly audio_tokens?: number;
    readonly accepted_prediction_tokens?: number;
    readonly rejected_prediction_tokens?: number;
  };
}

export interface ChatChoice {
  readonly index: number;
  readonly message: AssistantMessage;
  /** `null` where the server gave none. */
  readonly finish_reason: FinishReason | null;
  readonly logprobs?: unknown;
}

/** A whole reply in the documented form, whatever the server's spelling was, streamed or not. */
export interface ChatReply {
  readonly id?: string;
  readonly object?: 'chat.completion';
  /** Seconds since 1970. */
  readonly created?: number;
  readonly model?: string;
  /** At least one. */
  readonly choices: readonly [ChatChoice, ...ChatChoice[]];
  readonly usage?: CompletionUsage;
  readonly service_tier?: string | null;
  readonly system_fingerprint?: string | null;
}

/** Something that a server sent in another form than the documented one, and what was made of it. */
export interface Mend {
  /** Where, as a path: `choices[0].message.tool_calls[1].id`. */
  readonly path: string;
  /** What was wrong and what was done, in a few words. */
  readonly note: string;
}

/** One piece of a reply as it arrives. */
export type Delta =
  | { readonly type: 'text'; readonly delta: string }
  | { readonly type: 'reasoning'; readonly delta: string }
  | { readonly type: 'refusal'; readonly delta: string }
  | {
      readonly type: 'call';
      /** Position among the reply's calls. */
      readonly index: number;
      readonly name: string;
      /** A piece of the arguments' text. */
      readonly delta: string;
    };
