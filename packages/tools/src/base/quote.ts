import { sliceStart } from './whole-characters.ts';

const MAX_LENGTH = 200;

/** A text from outside, in quotes and on one line, so that a message may hold it. */
export function quote(text: string): string {
  return JSON.stringify((text.length <= MAX_LENGTH ? text : `${sliceStart(text, MAX_LENGTH)}…`).toWellFormed());
}
