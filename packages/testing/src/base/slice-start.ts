/** Returns the first `maxLength` code units of a text, one less if the cut would split a surrogate pair. */
export function sliceStart(text: string, maxLength: number): string {
  const next = text.charCodeAt(maxLength);
  return text.slice(0, next >= 0xdc00 && next <= 0xdfff ? maxLength - 1 : maxLength);
}
