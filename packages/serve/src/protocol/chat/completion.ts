import type { Outcome, PendingCall, Usage } from '@pawl/core';
import {
  type AssistantMessage,
  type CustomToolCall,
  type FunctionToolCall,
  getCallName,
  getMessageText,
  type Message,
  type ToolObject,
} from '@pawl/core/chat';
import { getToolObjectName } from '@pawl/core/model';
import { formatCallId, locatePendingCall } from '../call-id.ts';

// The objects that the endpoint sends, spelled as on the wire: https://platform.openai.com/docs/api-reference/chat/object

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface CompletionUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

/** What Pawl adds to a completion. Clients of OpenAI's API skip it. */
export interface PawlField {
  readonly run: string;
  readonly status: Outcome<unknown>['status'];
  readonly pending?: readonly PendingCall[];
}

type WireCall = FunctionToolCall | CustomToolCall;

export interface ChatCompletion {
  /** The run's id. */
  readonly id: string;
  readonly object: 'chat.completion';
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly [
    {
      readonly index: 0;
      readonly message: {
        readonly role: 'assistant';
        readonly content: string | null;
        readonly refusal: string | null;
        readonly reasoning_content?: string;
        readonly tool_calls?: readonly WireCall[];
      };
      readonly logprobs: null;
      readonly finish_reason: FinishReason;
    },
  ];
  readonly usage: CompletionUsage;
  readonly pawl: PawlField;
}

export interface CompletionIdentity {
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
}

export interface CompletionOptions extends CompletionIdentity {
  /** The names of the caller's own tools. */
  readonly callerTools: ReadonlySet<string>;
  /** Whether earlier texts and the model's reasoning are shown. */
  readonly reasoning: boolean;
  /** The turns of the run before the ones that this completion answers with. */
  readonly afterTurn?: number;
}

/** Builds the completion of an outcome that is an answer. */
export function buildCompletion(outcome: Outcome<unknown>, options: CompletionOptions): ChatCompletion {
  const { id, model, created, reasoning: showsReasoning } = options;
  const answer = readAnswer(outcome, options);
  const reasoning = showsReasoning ? findReasoning(outcome.messages) : undefined;
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.text,
          refusal: answer.refusal ?? null,
          ...(reasoning !== undefined && { reasoning_content: reasoning }),
          ...(answer.calls.length > 0 && { tool_calls: answer.calls }),
        },
        logprobs: null,
        finish_reason: answer.finishReason,
      },
    ],
    usage: toCompletionUsage(outcome.usage),
    pawl: describeOutcome(outcome),
  };
}

/** An outcome as the assistant message that a client gets. */
export interface CompletionAnswer {
  readonly text: string | null;
  readonly refusal?: string;
  /** Calls of the caller's own tools. */
  readonly calls: readonly WireCall[];
  readonly finishReason: FinishReason;
}

/** Reads what an outcome answers. Not for outcomes that `findOutcomeProblem` finds. */
export function readAnswer(
  outcome: Outcome<unknown>,
  { callerTools }: Pick<CompletionOptions, 'callerTools'>,
): CompletionAnswer {
  switch (outcome.status) {
    case 'completed':
      return { text: outcome.text, calls: [], finishReason: 'stop' };
    case 'limited':
      return { text: outcome.text ?? '', calls: [], finishReason: 'length' };
    case 'truncated':
      return { text: outcome.text, calls: [], finishReason: 'length' };
    case 'filtered':
      return { text: outcome.text, calls: [], finishReason: 'content_filter' };
    case 'refused':
      return { text: null, refusal: outcome.refusal, calls: [], finishReason: 'stop' };
    case 'suspended':
      return readSuspended(outcome, callerTools);
    case 'aborted':
    case 'failed':
      return { text: null, calls: [], finishReason: 'stop' };
  }
}

function readSuspended(
  { runId, pending, messages }: Extract<Outcome<unknown>, { status: 'suspended' }>,
  callerTools: ReadonlySet<string>,
): CompletionAnswer {
  const isCallers = (call: PendingCall): boolean => isCallerCall(call, callerTools);
  const last = findLastMessage(messages);
  const text = last === undefined ? '' : getMessageText(last);
  if (pending.every(isCallers)) {
    const calls = pending.map((each) => ({ ...each.call, id: formatCallId(locatePendingCall(runId, each.id)) }));
    return { text: text === '' ? null : text, calls, finishReason: 'tool_calls' };
  }
  const waiting = describePending(runId, pending);
  return { text: text === '' ? waiting : `${text}\n\n${waiting}`, calls: [], finishReason: 'stop' };
}

/** Whether the caller executes the tool of a call: the only calls that take a result from a message. */
export function isCallerCall({ reason, call, id }: PendingCall, callerTools: ReadonlySet<string>): boolean {
  if (reason !== 'external_result' || id.includes('/')) return false;
  return callerTools.has(getCallName(call));
}

/** The names of tools of a request. */
export function listToolNames(tools: readonly ToolObject[]): ReadonlySet<string> {
  return new Set(tools.map(getToolObjectName));
}

/** The text for a person in a client that knows no approvals. */
export function describePending(runId: string, pending: readonly PendingCall[]): string {
  const lines = pending.map(({ call, input, reason }) => {
    return `- ${getCallName(call)}(${shorten(JSON.stringify(input))}): ${REASONS[reason]}`;
  });
  const where = `POST /v1/runs/${runId}/answers`;
  return `The answer waits for a decision:\n${lines.join('\n')}\nDecide with ${where}, then read the rest with GET /v1/runs/${runId}.`;
}

const REASONS: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'needs approval',
  external_result: 'needs a result from outside',
  unknown_outcome: 'may have run; nobody knows whether it did',
  suspended: 'waits for something outside',
};

function shorten(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

/** The last message of the model, with the text beside its calls. */
function findLastMessage(messages: readonly Message[]): AssistantMessage | undefined {
  return messages.findLast((message) => message.role === 'assistant');
}

function findReasoning(messages: readonly Message[]): string | undefined {
  const last = findLastMessage(messages);
  return last?.reasoning_content ?? last?.reasoning;
}

export function toCompletionUsage(usage: Usage): CompletionUsage {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

export function describeOutcome(outcome: Outcome<unknown>): PawlField {
  const { runId, status } = outcome;
  return { run: runId, status, ...(status === 'suspended' && { pending: outcome.pending }) };
}
