import { ToolError } from '@pawl/core';
import { findClosest } from '../base/find-closest.ts';
import { sliceStart } from '../base/whole-characters.ts';

export interface Edit {
  /** Text that is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** `all`: it may be there several times, and each is replaced. */
  readonly occurrences?: 'one' | 'all' | undefined;
}

export interface EditOptions {
  readonly edits: readonly Edit[];
  /** The most characters of what comes of it. */
  readonly maxLength: number;
}

/** Nobody means so many; each is kept while they are put in order. */
const MAX_SPANS = 10_000;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly replace: string;
  /** Counted from 1. */
  readonly edit: number;
}

/** All edits, each found in the text as it was; or none. Throws a `ToolError` with what is wrong, and where. */
export function applyEdits(text: string, { edits, maxLength }: EditOptions): string {
  const spans: Span[] = [];
  let length = text.length;
  for (const [index, edit] of edits.entries()) {
    for (const span of findSpans(text, { edit, number: index + 1 })) {
      spans.push(span);
      length += edit.replace.length - edit.find.length;
    }
    if (spans.length > MAX_SPANS)
      throw new ToolError(`The edits are more than ${MAX_SPANS} places. Nothing was written. Write the file anew.`);
  }
  // Before it is made: some edits of many places would fill the memory.
  if (length > maxLength) {
    throw new ToolError(`The file would have ${length} characters, and may have ${maxLength}. Nothing was written.`);
  }
  spans.sort((one, other) => one.from - other.from);
  for (const [index, { from, edit }] of spans.entries()) {
    const before = spans[index - 1];
    if (before !== undefined && from < before.to) {
      throw new ToolError(`Edits ${before.edit} and ${edit} overlap. Nothing was written. Make one of them.`);
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
    throw new ToolError(`Edit ${number} has half of a character in it. Nothing was written. Pass whole ones.`);
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
    `Edit ${number} is found ${found.length} times, in lines ${lines.join(', ')}${found.length > 5 ? ' …' : ''}. Nothing was written. Take more of the text around it into find, or pass occurrences: "all".`,
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
      : ` The nearest line is line ${lines.findIndex((line) => line.trim() === near) + 1}: ${sliceStart(near, 200)}`;
  return `Edit ${number} is not found: find has to be in the file letter by letter, with its spaces. Nothing was written.${hint}`;
}

/** What is far down is not worth the time of comparing. */
const MAX_COMPARED_LINES = 5_000;

function findLineNumber(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
