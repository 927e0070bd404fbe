import type { Json } from '@pawl/core/chat';

/** Converts a value to JSON. Bytes become base64, URLs their text; what has no JSON form is left out. */
export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return toBase64(value);
  if (value instanceof URL || value instanceof Date) return value.toJSON();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined && typeof field !== 'function');
    return Object.fromEntries(fields.map(([name, field]) => [name, toJson(field)]));
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call with a whole file as its arguments would overflow the stack.
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

const PIECE = 0x8000;

/** Parses JSON, or returns the text itself. */
export function parseOrKeep(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
