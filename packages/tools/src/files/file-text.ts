/** The encoding details of a text file. */
export interface TextForm {
  readonly hasByteOrderMark: boolean;
  readonly lineEnd: '\n' | '\r\n';
}

export interface FileText extends TextForm {
  /** Lines end with `\n`; there is no byte order mark. */
  readonly text: string;
}

/** `undefined` if the bytes are not UTF-8 text: writing it back would change other bytes. */
export function decodeText(bytes: Uint8Array): FileText | undefined {
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (decoded.includes('\0')) return undefined;
    const hasByteOrderMark = decoded.startsWith(BYTE_ORDER_MARK);
    const plain = hasByteOrderMark ? decoded.slice(1) : decoded;
    const ends = plain.match(/\r?\n/g) ?? [];
    const lineEnd = ends.length > 0 && ends.every((end) => end === '\r\n') ? '\r\n' : '\n';
    return { hasByteOrderMark, lineEnd, text: lineEnd === '\r\n' ? plain.replaceAll('\r\n', '\n') : plain };
  } catch {
    return undefined;
  }
}

const BYTE_ORDER_MARK = '\u{feff}';

export function encodeText({ text, hasByteOrderMark, lineEnd }: FileText): Uint8Array {
  const plain = lineEnd === '\n' ? text : text.replaceAll(/\r?\n/g, lineEnd);
  return new TextEncoder().encode(hasByteOrderMark ? BYTE_ORDER_MARK + plain : plain);
}
