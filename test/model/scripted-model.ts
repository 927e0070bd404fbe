import type { ChatModel, ChatReply, ModelContext } from '@pawl/core';

export type Act = (context: Partial<ModelContext>) => ChatReply | Promise<ChatReply>;

/** A model that does one thing after another, and the last one for ever. An error is thrown. */
export function scripted(name: string, acts: readonly (Act | Error)[]): ChatModel {
  let next = 0;
  return {
    name,
    async send(_request, context = {}) {
      const act = acts[Math.min(next++, acts.length - 1)];
      if (act === undefined || act instanceof Error) throw act;
      return act(context);
    },
  };
}

export function replyOf(text: string): ChatReply {
  return { choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }] };
}

/** Ignores its signal. */
export const never: Act = () => new Promise(() => undefined);
