const REPLACEMENT = 0xfffd;

/** Whether bytes are not text: they contain a NUL, or more than a tenth of them are characters that text does not contain. */
export function isBinary(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return true;
  // Decodes as a stream: a character that is cut off at the end is not counted as invalid.
  const text = new TextDecoder().decode(bytes, { stream: true });
  let binaryCount = 0;
  let totalCount = 0;
  for (const character of text) {
    totalCount++;
    if (isBinaryCharacter(character.codePointAt(0) ?? 0)) binaryCount++;
  }
  return binaryCount > totalCount / 10;
}

function isBinaryCharacter(code: number): boolean {
  // Text contains backspace to carriage return, and the escape character of coloured logs.
  return code === REPLACEMENT || code === 0x7f || (code < 0x20 && !(code >= 0x08 && code <= 0x0d) && code !== 0x1b);
}
