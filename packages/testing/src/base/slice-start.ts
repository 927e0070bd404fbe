/** The beginning of a text, a code unit shorter where it would end with half a character. */
export function sliceStart(text: string, maxLength: number): string {
  const next = text.charCodeAt(maxLength);
  return text.slice(0, next >= 0xdc00 && next <= 0xdfff ? maxLength - 1 : maxLength);
}
