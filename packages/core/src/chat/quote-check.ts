import { getMessageText, type Message } from './message.ts';

/**
 * Creates a function that says whether a text is in a message that the model has read, so that the model quotes it. Escapes and line
 * breaks do not matter. Messages of the model do not count.
 */
export function createQuoteCheck(messages: readonly Message[]): (text: string) => boolean {
  let read: readonly string[] | undefined;
  return (text) => {
    read ??= messages.filter(({ role }) => role !== 'assistant').map((message) => normalize(getMessageText(message)));
    const wanted = normalize(text);
    return read.some((each) => each.includes(wanted));
  };
}

/** Removes blanks and escapes. A tool's result is often JSON, in which some programs write `<` as `\u003c`. */
function normalize(text: string): string {
  return text
    .replace(/\\u003([ce])/gi, (_, sign: string) => (sign.toLowerCase() === 'c' ? '<' : '>'))
    .replace(/\\+[nrt]|[\s\\]+/g, '');
}
