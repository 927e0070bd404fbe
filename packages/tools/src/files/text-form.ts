/** How a text stands in its file, beside what it says. */
export interface TextForm {
  readonly hasByteOrderMark: boolean;
  readonly lineEnd: '\n' | '\r\n';
}

export interface Text extends TextForm {
  /** With `\n` at the ends of lines, and no byte order mark. */
  readonly text: string;
}

/** `undefined` for what is no UTF-8 text: written back it would be another. */
export function textOf(bytes: Uint8Array): Text | undefined {
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (decoded.includes('\0')) return undefined;
    const hasByteOrderMark = decoded.startsWith(MARK);
    const plain = hasByteOrderMark ? decoded.slice(1) : decoded;
    const ends = plain.match(/\r?\n/g) ?? [];
    const lineEnd = ends.length > 0 && ends.every((end) => end === '\r\n') ? '\r\n' : '\n';
    return { hasByteOrderMark, lineEnd, text: lineEnd === '\r\n' ? plain.replaceAll('\r\n', '\n') : plain };
  } catch {
    return undefined;
  }
}

const MARK = '\u{feff}';

export function bytesOf({ text, hasByteOrderMark, lineEnd }: Text): Uint8Array {
  const plain = lineEnd === '\n' ? text : text.replaceAll(/\r?\n/g, lineEnd);
  return new TextEncoder().encode(hasByteOrderMark ? MARK + plain : plain);
}
