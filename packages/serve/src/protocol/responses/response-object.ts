import type { Outcome, Usage } from '@pawl/core';
import type { ErrorData } from '@pawl/core/events';
import type { ResponseItem, ResponseObject, ResponseStatus, ResponseUsage } from '@pawl/responses/wire';
import { findOutcomeProblem } from '../outcome-problem.ts';

/** What a response says of its request. */
export interface ResponseHead {
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly isBackground: boolean;
  readonly previousResponseId: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The caller's own tools, as on the wire. */
  readonly tools: readonly object[];
}

/** What became of the run. */
export interface ResponseState {
  readonly output: readonly ResponseItem[];
  /** Absent while the run works. */
  readonly outcome?: Outcome<unknown>;
  /** What the run had used before this response. */
  readonly usageBefore: Usage;
}

/** Builds the object of a response. An ending that is no answer is `failed` or `cancelled`, never `completed`. */
export function buildResponse(
  { id, model, createdAt, isBackground, previousResponseId, metadata, tools }: ResponseHead,
  { output, outcome, usageBefore }: ResponseState,
): ResponseObject {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status: outcome === undefined ? 'in_progress' : toStatus(outcome),
    background: isBackground,
    error: outcome === undefined ? null : toError(outcome),
    incomplete_details: outcome === undefined ? null : toIncompleteDetails(outcome),
    instructions: null,
    metadata,
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: previousResponseId ?? null,
    temperature: null,
    tool_choice: 'auto',
    tools,
    top_p: null,
    access_programs: null,
    ...(outcome !== undefined && { usage: toResponseUsage(outcome.usage, usageBefore) }),
  };
}

function toStatus(outcome: Outcome<unknown>): ResponseStatus {
  switch (outcome.status) {
    case 'completed':
    case 'suspended':
    case 'refused':
      return 'completed';
    case 'truncated':
    case 'filtered':
      return 'incomplete';
    case 'limited':
      return outcome.output === undefined ? 'failed' : 'incomplete';
    case 'aborted':
      return 'cancelled';
    case 'failed':
      return 'failed';
  }
}

/** The type of the last event of a stream. There is none for a cancelled response. */
export function toEndType(status: ResponseStatus): 'response.completed' | 'response.incomplete' | 'response.failed' {
  if (status === 'completed') return 'response.completed';
  return status === 'incomplete' ? 'response.incomplete' : 'response.failed';
}

function toIncompleteDetails(outcome: Outcome<unknown>): ResponseObject['incomplete_details'] {
  if (toStatus(outcome) !== 'incomplete') return null;
  return { reason: outcome.status === 'filtered' ? 'content_filter' : 'max_output_tokens' };
}

function toError(outcome: Outcome<unknown>): ResponseObject['error'] {
  const problem = findOutcomeProblem(outcome);
  if (problem === undefined) return null;
  const isRateLimit = outcome.status === 'failed' && readStatus(outcome.error) === 429;
  return { code: isRateLimit ? 'rate_limit_exceeded' : 'server_error', message: problem.error.message };
}

function readStatus({ details }: ErrorData): unknown {
  return details?.['status'];
}

function toResponseUsage(usage: Usage, before: Usage): ResponseUsage {
  return {
    input_tokens: usage.inputTokens - before.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens - before.cachedInputTokens,
      cache_write_tokens: 0,
    },
    output_tokens: usage.outputTokens - before.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens - before.reasoningTokens },
    total_tokens: usage.totalTokens - before.totalTokens,
  };
}
