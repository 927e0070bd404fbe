import type { Json } from '@pawl/core/chat';

/**
 * The chunks of the AI SDK UI message stream that Pawl sends, as `ai` 7 spells them:
 * https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol. All of them are valid for `uiMessageChunkSchema` of `ai`. Lists are mutable, because those
 * of `ai` are.
 */
export type UiChunk =
  | { readonly type: 'start'; readonly messageId: string; readonly messageMetadata?: UiMetadata }
  | { readonly type: 'start-step' | 'finish-step' }
  /** Removes every part of the step. `ai` 6 does not have it. */
  | { readonly type: 'reset-step' }
  | { readonly type: 'text-start' | 'reasoning-start'; readonly id: string }
  | { readonly type: 'text-end' | 'reasoning-end'; readonly id: string }
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string }
  | (UiCall & { readonly type: 'tool-input-start'; readonly inputEncoding?: 'text' })
  | { readonly type: 'tool-input-delta'; readonly toolCallId: string; readonly inputTextDelta: string }
  | (UiCall & { readonly type: 'tool-input-available'; readonly input: Json })
  | (UiCall & { readonly type: 'tool-input-error'; readonly input: Json; readonly errorText: string })
  | UiApprovalRequest
  /** `ai` 6 does not have it. */
  | {
      readonly type: 'tool-approval-response';
      readonly approvalId: string;
      readonly approved: boolean;
      readonly reason?: string;
    }
  | { readonly type: 'tool-output-available'; readonly toolCallId: string; readonly output: Json }
  | { readonly type: 'tool-output-error'; readonly toolCallId: string; readonly errorText: string }
  | { readonly type: 'tool-output-denied'; readonly toolCallId: string }
  /** `ai` 6 does not have it. */
  | { readonly type: 'steering-message'; readonly id: string; readonly parts: UiUserPart[] }
  | UiDataChunk
  | { readonly type: 'finish'; readonly finishReason: UiFinishReason; readonly messageMetadata: UiMetadata }
  | { readonly type: 'abort'; readonly reason: string }
  | { readonly type: 'error'; readonly errorText: string };

/** A call of a tool that the page need not know: `dynamic`. */
interface UiCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly dynamic: true;
}

export interface UiApprovalRequest {
  readonly type: 'tool-approval-request';
  /** Unique in the chat: `addToolApprovalResponse` searches all messages for it. */
  readonly approvalId: string;
  readonly toolCallId: string;
  /** The fingerprint of the pending call. The page sends it back with the answer, which is refused if the call has changed. */
  readonly signature: string;
  readonly approvalDescriptor: UiApprovalDescriptor;
}

/** What a page needs to ask a person. */
export interface UiApprovalDescriptor {
  readonly reason: string;
  readonly accepts: readonly string[];
  readonly preview?: Json;
}

export interface UiDataChunk {
  readonly type: `data-${string}`;
  readonly id?: string;
  readonly data: Json;
  /** Not part of the message: only `onData` gets it. */
  readonly transient?: true;
}

export type UiUserPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'file'; readonly mediaType: string; readonly url: string; readonly filename?: string };

export type UiFinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other';

/** The metadata of an assistant message. */
export interface UiMetadata {
  readonly runId: string;
  readonly agent: string;
  /** The status of the outcome, once the run has ended or is suspended. */
  readonly status?: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly totalTokens: number };
}

/** The major version of the page's `ai` package. */
export type UiSdk = 6 | 7;
