const REPLACEMENT = 0xfffd;

/** Whether the first bytes of a file are no text: a NUL, or more than a tenth of signs that no UTF-8 text has. */
export function isBinary(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return true;
  // As a stream, so that a character that is cut at the end does not count.
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
  // Tab to carriage return, and the escape of coloured logs, are in texts.
  return code === REPLACEMENT || code === 0x7f || (code < 0x20 && !(code >= 0x08 && code <= 0x0d) && code !== 0x1b);
}
