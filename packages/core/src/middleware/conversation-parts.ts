import { getMessageText, type Message } from '../chat/message.ts';
import { isPartsMessage } from '../loop/calls.ts';
import { isLoopPrompt } from '../loop/loop-prompts.ts';

// Finds messages that belong together, and messages that no history filter and no compaction removes.

/** Whether a message is an instruction of the application, at any position. */
export function isInstruction({ role }: Message): boolean {
  return role === 'system' || role === 'developer';
}

/** Whether a message belongs to the call before it: its result, or the images and files of the result. */
export function isPartOfCall(messages: readonly Message[], index: number): boolean {
  const role = messages[index]?.role;
  return role === 'tool' || role === 'function' || isPartsMessage(messages, index);
}

/**
 * Finds the positions of the user's messages since the assistant's last answer, but at least of the last one. Prompts that Pawl writes
 * as the user count only if there is no other user message.
 */
export function findLastUserMessages(messages: readonly Message[]): ReadonlySet<number> {
  const positions = [...messages.keys()].filter((index) => isUserMessage(messages, index));
  const last = positions.at(-1) ?? messages.findLastIndex(({ role }) => role === 'user');
  const lastAnswer = messages.findLastIndex((_, index) => index < last && isAnswer(messages, index));
  const recent = positions.filter((index) => index > lastAnswer).slice(-MAX_USER_MESSAGES);
  return new Set([...recent, ...(last === -1 ? [] : [last])]);
}

/** If every run of a conversation ends with a call, there is no answer. Without a limit, every user message would be kept. */
const MAX_USER_MESSAGES = 5;

function isUserMessage(messages: readonly Message[], index: number): boolean {
  const message = messages[index];
  if (message?.role !== 'user' || isSummary(message) || isLoopPrompt(message)) return false;
  return !isPartsMessage(messages, index);
}

/** Whether a message is a final answer. If the loop rejects a text, a prompt of Pawl follows it. */
function isAnswer(messages: readonly Message[], index: number): boolean {
  const [message, next] = messages.slice(index, index + 2);
  if (message?.role !== 'assistant' || (next !== undefined && isLoopPrompt(next))) return false;
  return (message.tool_calls ?? []).length === 0 && message.function_call == null;
}

const SUMMARY_PREFIX = 'Summary of the conversation so far:\n';

/** Creates the message for a summary. */
export function makeSummaryMessage(summary: string): Message {
  return { role: 'user', content: `${SUMMARY_PREFIX}${summary}` };
}

/** Whether a message is a summary. A user message with the same prefix counts as well. */
export function isSummary(message: Message): boolean {
  return message.role === 'user' && getMessageText(message).startsWith(SUMMARY_PREFIX);
}

/** Replaces some messages by others, at the position of the first replaced one. */
export function replaceMessages(
  messages: readonly Message[],
  replaced: readonly Message[],
  others: readonly Message[],
): readonly Message[] {
  const [first] = replaced;
  const removed = new Set(replaced);
  return messages.flatMap((message) => (message === first ? others : removed.has(message) ? [] : [message]));
}
