import { compileUnicode } from '../base/compile-unicode.ts';
import type { JsonSchema } from './json-schema.ts';

/** A description, if there is one, and after it sentences of ours: what a schema says that has no keyword where it is sent. */
export function appendNotes(description: unknown, notes: readonly string[]): string {
  const words = typeof description === 'string' ? description.trim() : '';
  const sentence = notes.length > 0 && compileUnicode`[\p{L}\p{N}]$`.test(words) ? `${words}.` : words;
  return [sentence, ...notes].join(' ').trim();
}

/** The schema with notes in its description. */
export function addNotes(schema: JsonSchema, notes: readonly string[]): JsonSchema {
  return notes.length === 0 ? schema : { ...schema, description: appendNotes(schema['description'], notes) };
}

/** What a keyword says, in words. */
export function toNote(keyword: string, value: unknown): string {
  return `${keyword === 'default' ? 'Default' : keyword}: ${JSON.stringify(value)}.`;
}
