import type { JsonObject } from '@pawl/core';
import type { Json } from '@pawl/core/chat';

// AG-UI 1.0: https://docs.ag-ui.com/spec/1.0/schema. Only what this server sends, in the spelling of the wire.

/** An agent inside the run, to which an event or a message belongs. Absent: the run itself. */
interface Attribution {
  readonly subagentRunId?: string;
}

export type AgUiPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'audio' | 'document'; readonly source: AgUiSource };

export type AgUiSource =
  | { readonly type: 'data'; readonly value: string; readonly mimeType: string }
  | { readonly type: 'url'; readonly value: string; readonly mimeType?: string };

export interface AgUiToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface AgUiUserMessage extends Attribution {
  readonly id: string;
  readonly role: 'user';
  readonly content: string | AgUiPart[];
}

export interface AgUiAssistantMessage extends Attribution {
  readonly id: string;
  readonly role: 'assistant';
  readonly content?: string;
  readonly toolCalls?: AgUiToolCall[];
}

export interface AgUiReasoningMessage extends Attribution {
  readonly id: string;
  readonly role: 'reasoning';
  readonly content: string;
}

export interface AgUiToolMessage extends Attribution {
  readonly id: string;
  readonly role: 'tool';
  readonly toolCallId: string;
  readonly content: string;
}

export interface AgUiSystemMessage {
  readonly id: string;
  readonly role: 'system' | 'developer';
  readonly content: string;
}

/** A message of a thread. */
export type AgUiMessage =
  | AgUiUserMessage
  | AgUiAssistantMessage
  | AgUiReasoningMessage
  | AgUiToolMessage
  | AgUiSystemMessage;

/** A call that waits for an answer, which the next request of the thread gives in `resume`. */
export interface AgUiInterrupt extends Attribution {
  readonly id: string;
  readonly reason: 'tool_call';
  readonly message: string;
  readonly toolCallId: string;
  /** JSON Schema of `payload`. */
  readonly responseSchema: JsonObject;
  readonly metadata: {
    readonly pawl: {
      readonly runId: string;
      readonly pending: string;
      readonly reason: string;
      readonly accepts: readonly string[];
      readonly preview?: Json;
    };
  };
}

export type AgUiOutcome =
  | { readonly type: 'success'; readonly pendingToolCallIds?: string[] }
  | { readonly type: 'interrupt'; readonly interrupts: AgUiInterrupt[] }
  | { readonly type: 'cancelled' };

export interface AgUiUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly reasoningTokens: number;
  readonly cachedInputTokens: number;
}

/** What Pawl says of a run. */
interface RunMetadata {
  readonly metadata?: { readonly pawl: JsonObject };
}

type RunEvent =
  | ({
      readonly type: 'RUN_STARTED';
      readonly threadId: string;
      readonly runId: string;
      readonly protocolVersion: '1.0';
      readonly parentRunId?: string;
    } & RunMetadata)
  | ({
      readonly type: 'RUN_FINISHED';
      readonly threadId: string;
      readonly runId: string;
      readonly outcome: AgUiOutcome;
      readonly result?: Json;
      readonly usage?: AgUiUsage[];
    } & RunMetadata)
  | ({
      readonly type: 'RUN_ERROR';
      readonly message: string;
      readonly code?: string;
      readonly usage?: AgUiUsage[];
    } & RunMetadata)
  | { readonly type: 'MESSAGES_SNAPSHOT'; readonly messages: AgUiMessage[] };

type ProducedEvent =
  | { readonly type: 'STEP_STARTED' | 'STEP_FINISHED'; readonly stepName: string }
  | { readonly type: 'TEXT_MESSAGE_START'; readonly messageId: string; readonly role: 'assistant' | 'user' }
  | { readonly type: 'TEXT_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string }
  | { readonly type: 'TEXT_MESSAGE_END'; readonly messageId: string }
  | { readonly type: 'REASONING_START' | 'REASONING_END' | 'REASONING_MESSAGE_END'; readonly messageId: string }
  | { readonly type: 'REASONING_MESSAGE_START'; readonly messageId: string; readonly role: 'reasoning' }
  | { readonly type: 'REASONING_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string }
  | {
      readonly type: 'TOOL_CALL_START';
      readonly toolCallId: string;
      readonly toolCallName: string;
      readonly parentMessageId: string;
    }
  | { readonly type: 'TOOL_CALL_ARGS'; readonly toolCallId: string; readonly delta: string }
  | { readonly type: 'TOOL_CALL_END'; readonly toolCallId: string }
  | {
      readonly type: 'TOOL_CALL_RESULT';
      readonly messageId: string;
      readonly toolCallId: string;
      readonly content: string;
      readonly role: 'tool';
    }
  | {
      readonly type: 'ACTIVITY_SNAPSHOT';
      readonly messageId: string;
      readonly activityType: string;
      readonly content: Record<string, Json>;
    }
  | { readonly type: 'STATE_SNAPSHOT'; readonly snapshot: Json }
  | { readonly type: 'CUSTOM'; readonly name: string; readonly value: Json };

type SubagentEvent =
  | {
      readonly type: 'SUBAGENT_STARTED';
      readonly subagentRunId: string;
      readonly name: string;
      readonly parentSubagentRunId?: string;
      readonly parentToolCallId?: string;
      readonly parentMessageId?: string;
    }
  | {
      readonly type: 'SUBAGENT_FINISHED';
      readonly subagentRunId: string;
      readonly result?: Json;
      readonly outcome: { readonly type: 'success' } | { readonly type: 'suspended'; readonly interruptIds: string[] };
    }
  | {
      readonly type: 'SUBAGENT_ERROR';
      readonly subagentRunId: string;
      readonly message: string;
      readonly code?: string;
    };

/** An event of the stream. */
export type AgUiEvent = RunEvent | SubagentEvent | (ProducedEvent & Attribution);

/** An event that can belong to an agent inside the run. */
export type AgUiProducedEvent = ProducedEvent;
