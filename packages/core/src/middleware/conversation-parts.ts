import { getMessageText, type Message } from '../chat/message.ts';
import { isPartsMessage } from '../loop/calls.ts';
import { isOwnPrompt } from '../loop/own-prompts.ts';

// Which messages belong together, and which ones no view and no compaction takes out.

/** Instructions of the application, wherever they stand. */
export function isInstruction({ role }: Message): boolean {
  return role === 'system' || role === 'developer';
}

/** Whether a message belongs to the call before it: its result, or the images and files of its result. */
export function belongsToCall(messages: readonly Message[], index: number): boolean {
  const role = messages[index]?.role;
  return role === 'tool' || role === 'function' || isPartsMessage(messages, index);
}

/**
 * The positions of what the user said last: the messages since the assistant's last answer, but at least the last one. What Pawl says in
 * the user's place counts only if there is nothing else.
 */
export function lastSaid(messages: readonly Message[]): ReadonlySet<number> {
  const said = [...messages.keys()].filter((index) => isSaid(messages, index));
  const last = said.at(-1) ?? messages.findLastIndex(({ role }) => role === 'user');
  const answered = messages.findLastIndex((_, index) => index < last && isAnswer(messages, index));
  const since = said.filter((index) => index > answered).slice(-MOST_SAID);
  return new Set([...since, ...(last === -1 ? [] : [last])]);
}

/** In a conversation whose runs all end with a call there is no answer: without an end every message of the user would stay. */
const MOST_SAID = 5;

function isSaid(messages: readonly Message[], index: number): boolean {
  const message = messages[index];
  if (message?.role !== 'user' || isSummary(message) || isOwnPrompt(message)) return false;
  return !isPartsMessage(messages, index);
}

/** Text that the loop did not take as the answer is followed by its prompt. */
function isAnswer(messages: readonly Message[], index: number): boolean {
  const [message, next] = messages.slice(index, index + 2);
  if (message?.role !== 'assistant' || (next !== undefined && isOwnPrompt(next))) return false;
  return (message.tool_calls ?? []).length === 0 && message.function_call == null;
}

const SUMMARY = 'Summary of the conversation so far:\n';

/** A summary as it stands in a conversation. */
export function summaryMessage(summary: string): Message {
  return { role: 'user', content: `${SUMMARY}${summary}` };
}

/** Whether a message is an earlier summary. A user who writes the same beginning is taken for one. */
export function isSummary(message: Message): boolean {
  return message.role === 'user' && getMessageText(message).startsWith(SUMMARY);
}

/** The messages with others in the place of some of them, where the first of these stood. */
export function replaceMessages(
  messages: readonly Message[],
  gone: readonly Message[],
  others: readonly Message[],
): readonly Message[] {
  const [first] = gone;
  const left = new Set(gone);
  return messages.flatMap((message) => (message === first ? others : left.has(message) ? [] : [message]));
}
