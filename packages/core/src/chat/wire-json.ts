import { ProtocolError } from './errors.ts';

/** The JSON of what a server sent. @throws ProtocolError where that is nested deeper than it can be written. */
export function wireJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (cause) {
    const message = "The server's reply holds a value that can't be written as JSON, such as one nested too deeply.";
    throw new ProtocolError(message, { code: 'reply.garbage', cause });
  }
}
