import type { ChatReply, ModelReplied, RunEvent } from '@pawl/core';
import { Tape } from './tape.ts';

/**
 * Makes a cassette of a run that was logged: what its model replied, turn by turn, those of agents inside it included, in the order of the events.
 * Each request of a run that plays it is given the next reply, whatever it asks: events hold no requests. So it fits runs whose
 * agents inside come one after the other.
 */
export function cassetteFrom(events: Iterable<RunEvent>, path: string): void {
  const tape = Tape.empty(path);
  const told = new Set<string>();
  for (const event of events) {
    // A resumed run tells its facts again.
    if (event.type !== 'model.replied' || told.has(`${event.path} ${event.turn}`)) continue;
    told.add(`${event.path} ${event.turn}`);
    tape.add({ type: 'turn', turn: event.turn, reply: replyOf(event) });
  }
  tape.save();
}

function replyOf({ message, finishReason, usage, model, turn, at }: ModelReplied): ChatReply {
  return {
    id: `chatcmpl-${turn}`,
    object: 'chat.completion',
    created: Math.floor(at / 1_000),
    model,
    choices: [{ index: 0, message, finish_reason: finishReason, logprobs: null }],
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      total_tokens: usage.totalTokens,
    },
  };
}
