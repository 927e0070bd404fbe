import type { RunEvent } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import type { ModelRespondedEvent } from '@pawl/core/events';
import { Redaction } from './redact.ts';
import { Tape } from './tape.ts';

export interface CassetteFromOptions {
  /** Texts that must not be written. Keys of well-known services are never. */
  readonly secrets?: readonly string[];
}

/**
 * Makes a cassette of a run that was logged: what its model replied, turn by turn, those of agents inside it included, in the order of the events.
 * Each request of a run that plays it is given the next reply, whatever it asks: events hold no requests. So it fits runs whose
 * agents inside come one after the other. A log knows no keys: name in `secrets` what must not be written.
 */
export function cassetteFrom(events: Iterable<RunEvent>, path: string, options: CassetteFromOptions = {}): void {
  const { secrets = [] } = checkOptions(options, CASSETTE_FROM, 'cassetteFrom');
  const tape = Tape.empty(path);
  const redaction = new Redaction(secrets);
  const told = new Set<string>();
  for (const event of events) {
    if (event.type !== 'model.responded') continue;
    const { runId, path: within, turn } = event;
    // A resumed run tells its facts again.
    const key = JSON.stringify([runId, within, turn]);
    if (told.has(key)) continue;
    told.add(key);
    const reply = redaction.json(replyOf(event) as never) as unknown as ChatResponse; // A reply is JSON, before and after.
    tape.add({ type: 'turn', turn, reply });
  }
  tape.save();
}

const CASSETTE_FROM: OptionTable<CassetteFromOptions> = { keys: { secrets: 'any' } };

function replyOf({ message, finishReason, usage, model, turn, at }: ModelRespondedEvent): ChatResponse {
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
