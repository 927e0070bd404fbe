import { sliceWhole } from '../base/text.ts';
import { toWellFormedJson } from '../base/well-formed.ts';
import { finishKind } from '../chat/finish-reason.ts';
import { callArguments, callName, type Message, textOf } from '../chat/message.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { MiddlewareScope } from '../perform/middleware.ts';

export interface Summarising {
  readonly model: ChatModel;
  /** What to keep, for the model that summarises. */
  readonly instructions: string | undefined;
  readonly ask: MiddlewareScope['ask'];
}

/** The essence of some messages, by a model of choice. Rejects where it gives none. */
export async function summarise(
  messages: readonly Message[],
  { model, instructions = WHAT_TO_KEEP, ask }: Summarising,
): Promise<string> {
  const { choices } = await ask(model, {
    messages: [
      { role: 'system', content: instructions },
      { role: 'user', content: messages.map(told).join('\n\n') },
    ],
  });
  const [{ message, finish_reason: reason }] = choices;
  const kind = finishKind(reason);
  // Half a summary in the place of the conversation would lose the other half without a trace.
  if (kind === 'cut' || kind === 'filtered') {
    throw new Error(
      `Model "${model.name}" gave no whole summary of the conversation: it ended with the finish_reason "${reason}".`,
    );
  }
  const summary = textOf(message).trim();
  if (summary === '') throw new Error(`Model "${model.name}" gave no summary of the conversation.`);
  return summary;
}

/** A summary as the conversation has it. */
export function summaryMessage(summary: string): Message {
  return { role: 'user', content: `Summary of the conversation so far:\n${summary}` };
}

const WHAT_TO_KEEP =
  'Summarise this conversation between a user and an assistant that calls tools, for the assistant, who goes on from your summary alone. Keep what the user wants, decisions, names, numbers, identifiers, what tools gave that still matters, and what is left to do. Leave out pleasantries. Answer with the summary and nothing else.';

function told(message: Message): string {
  if (message.role === 'tool') return `Result of ${message.tool_call_id}: ${cut(textOf(message))}`;
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  const asked = calls.map(
    (call) => `Called ${callName(call)} (${call.id}): ${cut(toWellFormedJson(callArguments(call)))}`,
  );
  return [`${message.role}: ${textOf(message)}`, ...asked].join('\n');
}

/** The most of one text that a summary is made of. */
const MOST = 8_000;

function cut(text: string): string {
  if (text.length <= MOST) return text;
  const start = sliceWhole(text, 0, MOST);
  return `${start} … [${text.length - start.length} characters left out]`;
}
