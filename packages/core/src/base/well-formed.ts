/**
 * Writes a value as JSON, with U+FFFD in place of each lone half of a surrogate pair, because servers reject a body with one.
 *
 * JSON.stringify escapes a lone half and writes a whole pair unescaped, so the text shows whether there is a lone half.
 */
export function stringifyWellFormed(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  return json?.includes('\\ud') ? json.replace(WRITTEN, replaceHalf) : (json as string); // For undefined it is undefined, as with JSON.stringify.
}

/** Matches an escaped backslash too, because it does not begin an escape. */
const WRITTEN = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;

/**
 * Does the same for a text that is already JSON, such as the arguments that a model wrote. There a whole pair can be two escapes,
 * which stay.
 */
export function toWellFormedJson(json: string): string {
  const text = json.toWellFormed();
  return text.includes('\\u') ? text.replace(GIVEN, replaceHalf) : text;
}

const GIVEN = /\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g;

/** An escape of one code unit has six characters, an escaped backslash two, a whole pair twelve. */
function replaceHalf(escaped: string): string {
  return escaped.length === 6 ? '\ufffd' : escaped;
}
