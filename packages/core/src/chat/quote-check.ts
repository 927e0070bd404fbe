import { getMessageText, type Message } from './message.ts';

/**
 * Tells whether a text stands in a message that the model has read: then the model quotes it. How the text is escaped or
 * broken into lines does not matter. What the model wrote itself does not count.
 */
export function createQuoteCheck(messages: readonly Message[]): (text: string) => boolean {
  let read: readonly string[] | undefined;
  return (text) => {
    read ??= messages.filter(({ role }) => role !== 'assistant').map((message) => normalize(getMessageText(message)));
    const wanted = normalize(text);
    return read.some((each) => each.includes(wanted));
  };
}

/** Without blanks and escapes: a tool's result is often JSON, and some programs write `<` as `\u003c` there. */
function normalize(text: string): string {
  return text
    .replace(/\\u003([ce])/gi, (_, sign: string) => (sign.toLowerCase() === 'c' ? '<' : '>'))
    .replace(/\\+[nrt]|[\s\\]+/g, '');
}
