import { hashText } from '../base/hash-text.ts';
import type { Json } from '../base/json.ts';
import { pluralize } from '../base/text.ts';

/**
 * What a provider needs back unchanged and in order, and Chat Completions has no field for: signatures of thinking, encrypted reasoning,
 * results of tools that the provider ran. Stored with the message, read only by models of the same provider.
 */
export interface KeptParts {
  /** The provider that made the parts. Compared exactly: a signature is refused by any other. */
  readonly provider: string;
  /** The form is that of the model which keeps them. */
  readonly parts: readonly Json[];
}

/** How many parts of a user message belong to the result of a call, after the text that names the call. */
export interface PartsOfCall {
  readonly tool_call_id: string;
  readonly parts: number;
}

/** Whether a text is that of the kept parts, one after the other, by `length` and `hash`. A guard or middleware may have replaced it. */
export function hasKeptTexts(text: string, kept: readonly Readonly<Record<string, unknown>>[]): boolean {
  let at = 0;
  const isSame = kept.every(({ length, hash }) => {
    const start = at;
    at += Number(length);
    return hashText(text.slice(start, at)) === hash;
  });
  return isSame && at === text.length;
}

/** The text of a tool's result that has files only: the user message after the results has them. */
export function writeFilesNote(count: number): string {
  return `${pluralize(count, 'file')} in the next message.`;
}

/** Whether a text is that note, for a wire whose results have files themselves. */
export function isFilesNote(text: string): boolean {
  return /^\d+ files? in the next message\.$/.test(text);
}

/**
 * Removes the fields of messages that are Pawl's own: they are stored and never sent, whatever else a server gets. Returns the same object if
 * it has none.
 */
export function withoutKeptFields<T extends object>(message: T): T {
  if (!('pawl_kept' in message || 'pawl_parts_of' in message)) return message;
  const { pawl_kept: _, pawl_parts_of: __, ...rest } = message as T & Readonly<Record<string, unknown>>;
  return rest as object as T; // Both fields are optional.
}
