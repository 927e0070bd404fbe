import { sliceStart } from './whole-characters.ts';

const MAX_LENGTH = 200;

/** Formats a text from outside for a message: in quotes, on one line, at most 200 characters. */
export function quote(text: string): string {
  return JSON.stringify((text.length <= MAX_LENGTH ? text : `${sliceStart(text, MAX_LENGTH)}…`).toWellFormed());
}
