import { createTwoFilesPatch } from 'diff';

export interface Change {
  readonly shown: string;
  readonly before: string;
  readonly after: string;
}

/** What changes, as people read it. Of texts that have little in common only how long they are. */
export function unifiedDiff({ shown, before, after }: Change): string {
  if (before === after) return `${shown}: nothing changes.`;
  const patch = createTwoFilesPatch(shown, shown, before, after, undefined, undefined, {
    context: 3,
    timeout: MAX_MS,
    maxEditLength: MAX_EDITS,
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
  });
  if (patch === undefined) return `${shown}: rewritten, ${lines(before)} lines become ${lines(after)}.`;
  return capped(patch.trimEnd());
}

const MAX_MS = 200;
const MAX_EDITS = 4_000;
const MAX_LENGTH = 16_384;

function capped(patch: string): string {
  if (patch.length <= MAX_LENGTH) return patch;
  const left = patch.length - MAX_LENGTH;
  return `${patch.slice(0, patch.lastIndexOf('\n', MAX_LENGTH))}\n[the diff goes on for ${left} characters]`;
}

function lines(text: string): number {
  return text === '' ? 0 : text.split('\n').length;
}
