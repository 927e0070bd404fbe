import { createTwoFilesPatch } from 'diff';

export interface FileChange {
  readonly displayPath: string;
  readonly before: string;
  readonly after: string;
}

/** Creates a unified diff. If the texts have little in common, it contains only their lengths. */
export function createUnifiedDiff({ displayPath, before, after }: FileChange): string {
  if (before === after) return `${displayPath}: no changes.`;
  const patch = createTwoFilesPatch(displayPath, displayPath, before, after, undefined, undefined, {
    context: 3,
    timeout: MAX_MS,
    maxEditLength: MAX_EDITS,
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
  });
  if (patch === undefined)
    return `${displayPath}: rewritten, from ${countLines(before)} lines to ${countLines(after)}.`;
  return shortenDiff(patch.trimEnd());
}

const MAX_MS = 200;
const MAX_EDITS = 4_000;
const MAX_LENGTH = 16_384;

function shortenDiff(patch: string): string {
  if (patch.length <= MAX_LENGTH) return patch;
  const omitted = patch.length - MAX_LENGTH;
  return `${patch.slice(0, patch.lastIndexOf('\n', MAX_LENGTH))}\n[${omitted} more characters of the diff are omitted]`;
}

function countLines(text: string): number {
  return text === '' ? 0 : text.split('\n').length;
}
