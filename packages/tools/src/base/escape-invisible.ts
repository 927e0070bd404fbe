/** Escapes characters that mislead a reader: control characters, and format characters such as those that reverse a line. */
export function escapeInvisible(text: string): string {
  return text.replaceAll(/[\p{Cf}\p{Cc}]/gu, (character) => {
    return '\n\t'.includes(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
