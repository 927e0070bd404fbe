/** Finds code in a Markdown text: fenced blocks, and spans between backticks in one paragraph. */
export class CodeSpans {
  readonly #text: string;
  /** The end of each span by its start. */
  #spans: ReadonlyMap<number, number> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Returns the end of the code that starts here; `undefined` if none does. A fence that is not closed continues to the end. */
  findEnd(start: number): number | undefined {
    const fence = this.#matchFence(start);
    if (fence !== undefined) return this.#findFenceEnd(fence, start + fence.length);
    this.#spans ??= findSpans(this.#text);
    return this.#spans.get(start);
  }

  #matchFence(start: number): string | undefined {
    FENCE.lastIndex = start;
    const fence = FENCE.exec(this.#text)?.[0];
    if (fence === undefined) return undefined;
    const before = this.#text.slice(Math.max(0, start - LONGEST_INDENT), start);
    const lineStart = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
    if (lineStart === 0 && start > LONGEST_INDENT) return undefined;
    return INDENT.test(before.slice(lineStart)) ? fence : undefined;
  }

  #findFenceEnd(fence: string, from: number): number {
    const close = new RegExp(`^[ \\t>]*\\${fence[0]}{${fence.length},}[ \\t\\r]*$`, 'gm');
    close.lastIndex = from;
    const found = close.exec(this.#text);
    return found === null ? this.#text.length : found.index + found[0].length;
  }
}

const FENCE = /`{3,}|~{3,}/y;

/** What can precede a fence: blanks, and the marks of quotes and lists. */
const INDENT = /^(?:[ \t>]|[-*+](?=\s)|\d{1,9}[.)](?=\s))*$/;
const LONGEST_INDENT = 64;

/** The next run of backticks of the same length, before a blank line, closes a run. */
function findSpans(text: string): ReadonlyMap<number, number> {
  const spans = new Map<number, number>();
  /** The last run of each length in the paragraph. */
  const open = new Map<number, number>();
  const pattern = /`+|\n[ \t\r]*\n/g;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const { index, 0: run } = found;
    if (!run.startsWith('`')) {
      open.clear();
      continue;
    }
    const start = open.get(run.length);
    if (start !== undefined) spans.set(start, index + run.length);
    open.set(run.length, index);
  }
  return spans;
}
