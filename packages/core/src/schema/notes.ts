import { compileUnicode } from '../base/compile-unicode.ts';
import type { JsonSchema } from './json-schema.ts';

/** Appends notes to a description. A note states a rule of a schema that its server has no keyword for. */
export function appendNotes(description: unknown, notes: readonly string[]): string {
  const text = typeof description === 'string' ? description.trim() : '';
  const sentence = notes.length > 0 && compileUnicode`[\p{L}\p{N}]$`.test(text) ? `${text}.` : text;
  return [sentence, ...notes].join(' ').trim();
}

/** Appends notes to the description of a schema. */
export function addNotes(schema: JsonSchema, notes: readonly string[]): JsonSchema {
  return notes.length === 0 ? schema : { ...schema, description: appendNotes(schema['description'], notes) };
}

/** Writes a keyword and its value as a sentence: `minLength: 3.`. */
export function toNote(keyword: string, value: unknown): string {
  return `${keyword === 'default' ? 'Default' : keyword}: ${JSON.stringify(value)}.`;
}
