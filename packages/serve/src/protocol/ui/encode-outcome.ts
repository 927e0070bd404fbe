import type { Outcome } from '@pawl/core';
import type { UiChunk, UiFinishReason, UiMetadata } from './ui-chunk.ts';

/** Encodes how a run ended. An ending that is no answer is an error or an abort, never a `stop`. */
export function encodeOutcome(
  outcome: Outcome<unknown>,
  { hasRefusal }: { readonly hasRefusal: boolean },
): readonly UiChunk[] {
  switch (outcome.status) {
    case 'completed':
      return [toFinish(outcome, 'stop')];
    case 'suspended':
      return [toFinish(outcome, 'tool-calls')];
    case 'truncated':
      return [toFinish(outcome, 'length')];
    case 'filtered':
      return [toFinish(outcome, 'content-filter')];
    case 'refused':
      return [...(hasRefusal ? [] : listRefusalChunks(outcome.refusal)), toFinish(outcome, 'error')];
    case 'aborted':
      return [{ type: 'abort', reason: outcome.reason }];
    case 'limited': {
      if (outcome.text !== undefined) return [toFinish(outcome, 'length')];
      const errorText = `The run reached its limit of ${outcome.max} (${outcome.limit}).`;
      return [toFinish(outcome, 'error'), { type: 'error', errorText }];
    }
    case 'failed':
      // The error comes last: a page stops reading there.
      return [toFinish(outcome, 'error'), { type: 'error', errorText: outcome.error.message }];
  }
}

/** A guard or a tool refused: no response has the text. */
function listRefusalChunks(refusal: string): readonly UiChunk[] {
  const id = 'refusal';
  return [
    { type: 'start-step' },
    { type: 'text-start', id },
    { type: 'text-delta', id, delta: refusal },
    { type: 'text-end', id },
    { type: 'finish-step' },
  ];
}

function toFinish(outcome: Outcome<unknown>, finishReason: UiFinishReason): UiChunk {
  const { runId, agent, status, usage } = outcome;
  const { inputTokens, outputTokens, totalTokens } = usage;
  const messageMetadata: UiMetadata = {
    runId,
    agent,
    status,
    usage: { inputTokens, outputTokens, totalTokens },
  };
  return { type: 'finish', finishReason, messageMetadata };
}
