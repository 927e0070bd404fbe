/**
 * Writes characters that a reader cannot see, or that change how others are shown, as escapes: `\u202e`. Line breaks and tabs stay.
 *
 * Control characters, those of format (bidirectional marks, zero-width characters, tags) and halves of surrogate pairs. A zero-width joiner within
 * an emoji stays.
 */
export function escapeText(text: string): string {
  return text.replace(INVISIBLE, formatEscape);
}

const INVISIBLE = /(?![\n\t])(?!(?<=(?:\p{Extended_Pictographic}|\ufe0f))\u200d)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

function formatEscape(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}
