import type { ResponseAudio } from './message.ts';
import type { ChatResponse, CompletionUsage, FinishReason, Logprobs } from './response.ts';

// CreateChatCompletionStreamResponse, spelled as on the wire: the documented form of a chunk. Received chunks are read, never cast to it.

/** A piece of a call. Pieces with the same index belong to the same call. */
export interface ToolCallDelta {
  readonly index: number;
  /** On the first piece. */
  readonly id?: string;
  /** On the first piece. */
  readonly type?: 'function' | 'custom';
  readonly function?: { readonly name?: string; readonly arguments?: string };
  readonly custom?: { readonly name?: string; readonly input?: string };
}

/** What a chunk adds to the message. */
export interface MessageDelta {
  readonly role?: 'developer' | 'system' | 'user' | 'assistant' | 'tool';
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly audio?: Partial<ResponseAudio>;
  readonly tool_calls?: readonly ToolCallDelta[];
  /** @deprecated The legacy form of one tool call; `tool_calls` replaced it. */
  readonly function_call?: { readonly name?: string; readonly arguments?: string };
}

/** One event of a streamed response. */
export interface ChatChunk {
  /** The same on each chunk of a response. */
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  /** Seconds since 1970; the same on each chunk. */
  readonly created: number;
  readonly model: string;
  /** Empty on the chunk with the usage. */
  readonly choices: readonly {
    readonly index: number;
    readonly delta: MessageDelta;
    /** On the last chunk of a choice. */
    readonly finish_reason: FinishReason | null;
    readonly logprobs?: Logprobs | null;
  }[];
  /** On the last chunk, if the request asked for it; `null` before. */
  readonly usage?: CompletionUsage | null;
  readonly service_tier?: string | null;
  readonly system_fingerprint?: string | null;
  readonly moderation?: NonNullable<ChatResponse['moderation']> | null;
  /** Padding that hides the length of the text from an observer of the encrypted connection. */
  readonly obfuscation?: string;
}
