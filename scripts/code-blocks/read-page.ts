/**
 * One TypeScript program of a page: the blocks that belong together, each on its own lines of the page, so that line numbers in errors are
 * those of the page.
 */
export interface Program {
  /** From the root of the project, with `/`. */
  readonly page: string;
  /** The number of its first line in the page. */
  readonly line: number;
  readonly code: string;
  readonly use: ProgramUse;
  readonly shown: readonly ShownBlock[];
}

export type ProgramUse =
  | { readonly type: 'run' }
  /** A test file, run by vitest. */
  | { readonly type: 'test' }
  /** Only type-checked. */
  | { readonly type: 'kept'; readonly reason: string }
  /** Written for another framework, which `npm run docs -- --peers` installs. */
  | { readonly type: 'peer'; readonly name: string };

/** A block of a program, with the output that the page shows for it. */
export interface ShownBlock {
  readonly line: number;
  readonly output?: string;
}

/** Lines that a page quotes from a file of the project. */
export interface Excerpt {
  readonly page: string;
  readonly line: number;
  readonly code: string;
  readonly file: string;
}

export interface Page {
  readonly programs: readonly Program[];
  readonly excerpts: readonly Excerpt[];
}

/** Marks the lines of standard output that report about a block. */
export const MARK = '\u0001';

/**
 * Reads the code of a page. The text after `ts` in a fence decides how the block is used:
 *
 * - nothing: begins a program, which is type-checked and run.
 * - `continued`: continues the program of the previous `ts` block.
 * - `not run: <reason>`: a program that is only type-checked.
 * - `with <package>`: written for another framework.
 * - `from <file>`: quotes that file, apart from the indentation.
 *
 * A comment that begins with `<!-- ts` is hidden code of the next block. A comment that begins with `<!-- ts continued` belongs to the
 * previous program. A `text` block after a `ts` block is the output of that block; `…` in it matches anything within a line.
 *
 * @throws Error for an unknown fence, or one without an end.
 */
export function readPage(page: string, markdown: string): Page {
  const reader = new PageReader(page);
  for (const part of readParts(page, markdown)) reader.add(part);
  return reader.end();
}

interface Part {
  readonly info: string;
  /** The number of its first line of code, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

const HIDDEN = '<!-- ts';
const HIDDEN_END = '<!-- ts continued';

function* readParts(page: string, markdown: string): Generator<Part> {
  const lines = markdown.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const fence = /^\s*(?<marks>```+|~~~+)/.exec(line)?.groups?.['marks'];
    const isHidden = line === HIDDEN || line === HIDDEN_END;
    if (fence === undefined && !isHidden) continue;
    if (fence !== undefined && !line.startsWith('```')) {
      throw new Error(`${page}:${index + 1}: a fence has to be three backticks at the beginning of the line.`);
    }
    const end = lines.indexOf(isHidden ? '-->' : (fence ?? ''), index + 1);
    if (end === -1) throw new Error(`${page}:${index + 1}: the block has no end.`);
    const info = isHidden ? line : line.slice(3).trim();
    yield { info, line: index + 2, lines: lines.slice(index + 1, end) };
    index = end;
  }
}

interface Draft {
  readonly line: number;
  readonly use: ProgramUse;
  readonly parts: Part[];
  readonly shown: ShownBlock[];
}

/** Languages whose blocks are not checked. */
const OTHERS: readonly string[] = ['sh', 'json', 'sql', 'yaml', 'text'];

class PageReader {
  readonly #page: string;
  readonly #drafts: Draft[] = [];
  readonly #excerpts: Excerpt[] = [];
  #hidden: Part[] = [];
  /** Whether the previous part is a `ts` block, whose output a `text` block may show. */
  #mayPrint = false;

  constructor(page: string) {
    this.#page = page;
  }

  add(part: Part): void {
    const [language = '', ...rest] = part.info.split(' ');
    const mayPrint = this.#mayPrint;
    this.#mayPrint = false;
    if (part.info === HIDDEN) this.#hidden.push(part);
    else if (part.info === HIDDEN_END) this.#getLastDraft(part).parts.push(part);
    else if (language === 'ts') this.#addCode(part, rest.join(' '));
    else if (language === 'text' && mayPrint) this.#addOutput(part);
    else if (!OTHERS.includes(language)) {
      this.#fail(part, `"${part.info}" is not a language for pages. Use one of: ts, ${OTHERS.join(', ')}.`);
    }
  }

  end(): Page {
    const [left] = this.#hidden;
    if (left !== undefined) this.#fail(left, 'no block follows these hidden lines.');
    return { programs: this.#drafts.map((draft) => this.#buildProgram(draft)), excerpts: this.#excerpts };
  }

  #addCode(part: Part, how: string): void {
    const [, file] = /^from (\S+)$/.exec(how) ?? [];
    if (file !== undefined) {
      this.#excerpts.push({ page: this.#page, line: part.line, code: part.lines.join('\n'), file });
      return;
    }
    const draft = how === 'continued' ? this.#getLastDraft(part) : this.#begin(part, how);
    draft.parts.push(...this.#hidden, part);
    draft.shown.push({ line: part.line });
    this.#hidden = [];
    this.#mayPrint = draft.use.type === 'run' || draft.use.type === 'peer';
  }

  #begin(part: Part, how: string): Draft {
    const { line } = this.#hidden[0] ?? part;
    const draft: Draft = { line, use: this.#parseUse(part, how), parts: [], shown: [] };
    this.#drafts.push(draft);
    return draft;
  }

  #parseUse(part: Part, how: string): ProgramUse {
    const isTest = part.lines.some((line) => /from 'vitest'/.test(line));
    if (how === '') return { type: isTest ? 'test' : 'run' };
    const [, reason] = /^not run: (.+)$/.exec(how) ?? [];
    if (reason !== undefined) return { type: 'kept', reason };
    const [, name] = /^with (\S+)$/.exec(how) ?? [];
    if (name !== undefined) return { type: 'peer', name };
    return this.#fail(
      part,
      `"ts ${how}" is unknown: ts, ts continued, ts not run: <reason>, ts with <package>, ts from <file>.`,
    );
  }

  #getLastDraft(part: Part): Draft {
    return this.#drafts.at(-1) ?? this.#fail(part, 'no block precedes this one.');
  }

  #addOutput({ lines }: Part): void {
    const shown = this.#drafts.at(-1)?.shown;
    const block = shown?.pop();
    if (block !== undefined) shown?.push({ ...block, output: lines.join('\n') });
  }

  #buildProgram({ line, use, parts, shown }: Draft): Program {
    const code: string[] = [];
    for (const part of parts) {
      while (code.length < part.line - 1) code.push('');
      code.push(...part.lines);
      // Marks the end of the fence: the output up to here belongs to this block.
      if (use.type !== 'test') code.push(`;console.log(${JSON.stringify(`${MARK}end ${part.line}`)});`);
    }
    return { page: this.#page, line, code: `${code.join('\n')}\n`, use, shown };
  }

  #fail({ line }: Part, what: string): never {
    throw new Error(`${this.#page}:${line - 1}: ${what}`);
  }
}
