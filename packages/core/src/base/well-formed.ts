/**
 * The JSON of a value, with U+FFFD in place of each half of a surrogate pair: servers refuse a body that holds one.
 *
 * JSON.stringify writes a lone half as an escape and a whole pair as it is, so that the finished text tells at once whether there is any.
 */
export function stringifyWellFormed(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  return json?.includes('\\ud') ? json.replace(WRITTEN, replaceHalf) : (json as string); // Of undefined it is undefined, as with JSON.stringify.
}

/** A backslash that is itself escaped begins no escape. */
const WRITTEN = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;

/**
 * The same for a text that is JSON already, such as the arguments that a model wrote: there a whole pair may be written as two escapes.
 * A server that parses it would find the half pair.
 */
export function toWellFormedJson(json: string): string {
  const text = json.toWellFormed();
  return text.includes('\\u') ? text.replace(GIVEN, replaceHalf) : text;
}

const GIVEN = /\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g;

/** An escape of one code unit has six characters; an escaped backslash has two, a whole pair twelve. */
function replaceHalf(escaped: string): string {
  return escaped.length === 6 ? '\ufffd' : escaped;
}
