import { getMessageText, type Message } from '../chat/message.ts';

// What the loop says to the model in the user's place. In the conversation these are user messages like any other.

export const EMPTY = 'Your last reply was empty. Answer with text, or call a tool.';

export const CUT =
  'Your last reply was cut off by the token limit, so none of its tool calls was run. Try again with shorter arguments, or with fewer calls.';

export const LAST_TURN = 'A limit of this run is reached, so tools are switched off now. Answer with what you have.';

const INVALID_OUTPUT = 'Your answer does not have the form that is needed:\n';

export function describeInvalidOutput(issues: string): string {
  return `${INVALID_OUTPUT}${issues}\nAnswer again, with the whole of it corrected, as JSON and nothing else.`;
}

const REJECTION = "Your last answer can't be given: ";

export function describeRejection(reason: string): string {
  return `${REJECTION}${reason}\nAnswer again, without that.`;
}

export function describeRepeatedFailure({ tool, count }: { readonly tool: string; readonly count: number }): string {
  return `You called ${tool} ${count} times with the same arguments, and it failed each time. Do not repeat it: do something else, or answer with what you have.`;
}

const REPEATED_FAILURE = /^You called \S+ \d+ times with the same arguments, and it failed each time\. /;

/** Whether the loop wrote a user message. A user who writes the same text is taken for the loop. */
export function isOwnPrompt(message: Message): boolean {
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
