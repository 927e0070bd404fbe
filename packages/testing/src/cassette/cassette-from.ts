import { checkOptions, type OptionTable, type RunEvent } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import type { ModelRespondedEvent } from '@pawl/core/events';
import { CassetteFile } from './cassette-file.ts';
import { Redaction } from './redaction.ts';

export interface CassetteFromOptions {
  /** Texts to redact. Keys of well-known services are always redacted. */
  readonly secrets?: readonly string[];
}

/**
 * Makes a cassette from the events of a logged run: one entry per model response, nested agents included, in the order
 * of the events.
 *
 * Events hold no requests, so each request gets the next response, whatever its content. If nested agents ran in
 * parallel, their responses may go to the wrong agent. A log holds no keys: list every text to redact in `secrets`.
 */
export function cassetteFrom(events: Iterable<RunEvent>, path: string, options: CassetteFromOptions = {}): void {
  const { secrets = [] } = checkOptions(options, CASSETTE_FROM, 'cassetteFrom');
  const tape = CassetteFile.create(path);
  const redaction = new Redaction(secrets);
  const recordedTurns = new Set<string>();
  for (const event of events) {
    if (event.type !== 'model.responded') continue;
    const { runId, path: within, turn } = event;
    // A resumed run emits its journal events again.
    const key = JSON.stringify([runId, within, turn]);
    if (recordedTurns.has(key)) continue;
    recordedTurns.add(key);
    const response = redaction.redactJson(buildChatResponse(event) as never) as unknown as ChatResponse; // A response is JSON, before and after.
    tape.add({ type: 'turn', turn, response: response });
  }
  tape.save();
}

const CASSETTE_FROM: OptionTable<CassetteFromOptions> = { keys: { secrets: 'any' } };

function buildChatResponse({ message, finishReason, usage, model, turn, at }: ModelRespondedEvent): ChatResponse {
  return {
    id: `chatcmpl-${turn}`,
    object: 'chat.completion',
    created: Math.floor(at / 1_000),
    model,
    choices: [{ index: 0, message, finish_reason: finishReason, logprobs: null }],
    usage: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.totalTokens,
      prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
      completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    },
  };
}
