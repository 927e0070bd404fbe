import type { Bytes, WirePieceView } from '../api.ts';

/** Returns bytes as text, or as base64 if they are not valid UTF-8. */
export function describeBytes(bytes: Uint8Array): Bytes {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: encodeBase64(bytes) };
  }
}

/** Returns the pieces of a response. A character that is split over two pieces is in the text of the later one. */
export function describePieces(
  pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[],
): readonly WirePieceView[] {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return pieces.map(({ at, bytes }, index) => {
      const isLast = index === pieces.length - 1;
      return { at, byteCount: bytes.length, text: decoder.decode(bytes, { stream: !isLast }) };
    });
  } catch {
    return pieces.map(({ at, bytes }) => ({ at, byteCount: bytes.length, base64: encodeBase64(bytes) }));
  }
}

function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // A call takes a limited number of arguments.
  for (let at = 0; at < bytes.length; at += PART) binary += String.fromCharCode(...bytes.subarray(at, at + PART));
  return btoa(binary);
}

const PART = 8_192;
