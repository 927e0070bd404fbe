/** What could pass for other text to a person's eyes is written out: control characters, and those that turn a line around. */
export function escapeInvisible(text: string): string {
  return text.replaceAll(/[\p{Cf}\p{Cc}]/gu, (sign) => {
    return '\n\t'.includes(sign) ? sign : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
