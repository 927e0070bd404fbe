import type { Json } from '@pawl/core/chat';
import type { UiApprovalDescriptor, UiMetadata, UiUserPart } from './ui-chunk.ts';

/** A message as `useChat` keeps it: a `UIMessage` of `ai`, whose lists are mutable. */
export type UiMessage = UiUserMessage | UiAssistantMessage;

export interface UiUserMessage {
  readonly id: string;
  readonly role: 'user';
  readonly parts: UiUserPart[];
}

export interface UiAssistantMessage {
  readonly id: string;
  readonly role: 'assistant';
  readonly metadata?: UiMetadata;
  readonly parts: UiPart[];
}

/** A part of an assistant message. */
export type UiPart =
  | { readonly type: 'step-start' }
  | UiTextPart
  | UiToolPart
  | { readonly type: 'steering-message'; readonly id: string; readonly parts: UiUserPart[] }
  | { readonly type: `data-${string}`; readonly id?: string; readonly data: Json };

export interface UiTextPart {
  readonly type: 'text' | 'reasoning';
  /** Of reasoning only, as in `ai` 7. */
  readonly id?: string;
  readonly text: string;
  readonly state: 'streaming' | 'done';
}

/** A call, by its state. */
export type UiToolPart = UiCallPart &
  (
    | { readonly state: 'input-streaming'; readonly input?: Json; readonly approval?: never }
    | { readonly state: 'input-available'; readonly input: Json; readonly approval?: never }
    | { readonly state: 'approval-requested'; readonly input: Json; readonly approval: UiApproval }
    | { readonly state: 'approval-responded'; readonly input: Json; readonly approval: UiAnsweredApproval<boolean> }
    | {
        readonly state: 'output-available';
        readonly input: Json;
        readonly output: Json;
        readonly approval?: UiAnsweredApproval<true>;
      }
    | {
        readonly state: 'output-error';
        readonly input: Json;
        readonly errorText: string;
        readonly approval?: UiAnsweredApproval<true>;
      }
    | { readonly state: 'output-denied'; readonly input: Json; readonly approval: UiAnsweredApproval<false> }
  );

interface UiCallPart {
  readonly type: 'dynamic-tool';
  readonly toolName: string;
  readonly toolCallId: string;
}

export interface UiApproval {
  readonly id: string;
  readonly signature: string;
  readonly descriptor: UiApprovalDescriptor;
}

export interface UiAnsweredApproval<Approved extends boolean> extends UiApproval {
  readonly approved: Approved;
  readonly reason?: string;
}
