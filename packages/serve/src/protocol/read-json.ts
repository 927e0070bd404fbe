import type { Json } from '@pawl/core/chat';

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** Quotes a value of a request for an error, cut to a length that fits. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Parses JSON; a text that is none is the value itself. */
export function parseOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json; // The type of what JSON.parse returns.
  } catch {
    return text;
  }
}
