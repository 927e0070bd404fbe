import { ToolError } from '@pawl/core';
import { findClosest } from '../base/find-closest.ts';
import { sliceStart } from '../base/whole-characters.ts';

export interface Edit {
  /** Must be in the file exactly once, unless `occurrences` is `all`. */
  readonly find: string;
  readonly replace: string;
  /** `all` replaces every occurrence. @defaultValue 'one' */
  readonly occurrences?: 'one' | 'all' | undefined;
}

export interface EditOptions {
  readonly edits: readonly Edit[];
  /** Maximum characters of the edited text. */
  readonly maxLength: number;
}

/** All spans are in memory at once, to sort them. */
const MAX_SPANS = 10_000;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly replace: string;
  /** Number of the edit, from 1. */
  readonly edit: number;
}

/** Applies all edits to the original text, or none. Throws a `ToolError` that says which edit is wrong, and where. */
export function applyEdits(text: string, { edits, maxLength }: EditOptions): string {
  const spans: Span[] = [];
  let length = text.length;
  for (const [index, edit] of edits.entries()) {
    for (const span of findSpans(text, { edit, number: index + 1 })) {
      spans.push(span);
      length += edit.replace.length - edit.find.length;
    }
    if (spans.length > MAX_SPANS)
      throw new ToolError(
        `The edits match more than ${MAX_SPANS} times. Nothing was written. Write the whole file instead.`,
      );
  }
  // Checked before the text is built: an edit with many matches could exhaust the memory.
  if (length > maxLength) {
    throw new ToolError(
      `The file would have ${length} characters; at most ${maxLength} are allowed. Nothing was written.`,
    );
  }
  spans.sort((one, other) => one.from - other.from);
  for (const [index, { from, edit }] of spans.entries()) {
    const before = spans[index - 1];
    if (before !== undefined && from < before.to) {
      throw new ToolError(`Edits ${before.edit} and ${edit} overlap. Nothing was written. Combine them into one edit.`);
    }
  }
  let result = '';
  let at = 0;
  for (const { from, to, replace } of spans) {
    result += text.slice(at, from) + replace;
    at = to;
  }
  return result + text.slice(at);
}

interface NumberedEdit {
  readonly edit: Edit;
  readonly number: number;
}

function findSpans(text: string, { edit, number }: NumberedEdit): readonly Span[] {
  const { find, replace, occurrences = 'one' } = edit;
  if (!find.isWellFormed() || !replace.isWellFormed()) {
    throw new ToolError(`Edit ${number} contains half of a character. Nothing was written. Pass whole characters.`);
  }
  if (find === replace) throw new ToolError(`Edit ${number} changes nothing: find and replace are the same.`);
  const found: Span[] = [];
  for (let from = text.indexOf(find); from !== -1; from = text.indexOf(find, from + find.length)) {
    if (found.length > MAX_SPANS) break;
    found.push({ from, to: from + find.length, replace, edit: number });
  }
  if (found.length === 0) throw new ToolError(createNotFoundError(text, { edit, number }));
  if (found.length === 1 || occurrences === 'all') return found;
  const lines = found.slice(0, 5).map(({ from }) => findLineNumber(text, from));
  throw new ToolError(
    `Edit ${number} matches ${found.length} times, in lines ${lines.join(', ')}${found.length > 5 ? ' …' : ''}. Nothing was written. Add surrounding text to find, or pass occurrences: "all".`,
  );
}

function createNotFoundError(text: string, { edit: { find }, number }: NumberedEdit): string {
  const lines = text.split('\n');
  const [wanted = ''] = find.split('\n').filter((line) => line.trim() !== '');
  const near = findClosest(
    wanted.trim(),
    lines.slice(0, MAX_COMPARED_LINES).map((line) => line.trim()),
  );
  const hint =
    near === undefined
      ? ''
      : ` The most similar line is line ${lines.findIndex((line) => line.trim() === near) + 1}: ${sliceStart(near, 200)}`;
  return `Edit ${number} was not found. Nothing was written. Copy find exactly from the file, with its spaces and line breaks.${hint}`;
}

/** Comparing lines is slow, so only the first ones are compared. */
const MAX_COMPARED_LINES = 5_000;

function findLineNumber(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
