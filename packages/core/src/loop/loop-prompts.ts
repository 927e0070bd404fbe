import { getMessageText, type Message } from '../chat/message.ts';

// Messages from the loop to the model. In the conversation they are user messages.

export const EMPTY = 'Your last response was empty. Answer with text, or call a tool.';

export const CUT =
  'Your last response was cut off by the token limit, so none of its tool calls ran. Try again with shorter arguments or fewer calls.';

export const LAST_TURN = 'This run has reached a limit, so tools are now disabled. Answer with what you have.';

const INVALID_OUTPUT = 'Your answer does not match the required schema:\n';

export function describeInvalidOutput(issues: string): string {
  return `${INVALID_OUTPUT}${issues}\nSend the complete corrected answer again, as JSON and nothing else.`;
}

const REJECTION = 'Your last answer was rejected: ';

export function describeRejection(reason: string): string {
  return `${REJECTION}${reason}\nAnswer again without that problem.`;
}

export function describeRepeatedFailure({ tool, count }: { readonly tool: string; readonly count: number }): string {
  return `You called ${tool} ${count} times with the same arguments, and it failed each time. Do not repeat it. Do something else, or answer with what you have.`;
}

/** Part of the result of a call. */
export function describeStateConflict(fields: readonly string[]): string {
  return `Its changes of the state were not kept: another call of the same turn changed ${fields.join(', ')}. Call it again if they are still needed.`;
}

const REPEATED_FAILURE = /^You called \S+ \d+ times with the same arguments, and it failed each time\. /;

/** Whether the loop wrote a user message. A user message with the same text counts as written by the loop. */
export function isLoopPrompt(message: Message): boolean {
  const text = getMessageText(message);
  return (
    text === EMPTY ||
    text === CUT ||
    text === LAST_TURN ||
    text.startsWith(INVALID_OUTPUT) ||
    text.startsWith(REJECTION) ||
    REPEATED_FAILURE.test(text)
  );
}
