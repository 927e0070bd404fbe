import { type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../files/check-positive.ts';
import { Jail, type JailOptions } from '../files/jail.ts';
import { type Opened, openFile } from '../files/open-file.ts';
import { problem } from '../files/problem.ts';
import { type Page, type PageOptions, readPage, type Start } from './read-page.ts';

export interface ReadFileOptions extends JailOptions {
  /** The most lines of one call. @defaultValue 2_000 */
  readonly maxLines?: number;
  /** The most bytes of one call. @defaultValue 49_152 */
  readonly maxBytes?: number;
  /** Deadline in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

/**
 * A tool that reads text files below the roots given, by pages of lines. See README.md beside this file for what it
 * protects against and what not.
 *
 * @throws ConfigError for roots that are no folders, and caps that are no whole numbers.
 */
export function readFile(options: ReadFileOptions): Tool<unknown> {
  const { maxLines = 2_000, maxBytes = 49_152, timeoutMs = 10_000 } = options;
  const jail = new Jail(options, 'read_file');
  checkPositive({ maxLines, maxBytes }, 'read_file');
  return tool({
    name: 'read_file',
    description: 'Reads a text file. Long files come in pages: the end of a page says which line to go on with.',
    input: z.object({
      path: z.string().min(1).describe('Path of the file, relative to the root.'),
      fromLine: z.number().int().min(1).default(1).describe('The first line to read, counted from 1.'),
      lines: z.number().int().min(1).max(maxLines).optional().describe('How many lines to read at the most.'),
      fromByte: z.number().int().min(0).optional().describe('Instead of fromLine, where a page says so.'),
    }),
    effect: 'read',
    timeoutMs,
    // The page is cut by lines already; this must not cut it again.
    maxResultLength: maxBytes + ROOM_FOR_NOTES,
    preview: ({ path }) => `read ${path}`,
    async execute({ path, fromLine, lines = maxLines, fromByte }, { signal }) {
      const start: Start = fromByte === undefined ? { type: 'line', line: fromLine } : { type: 'byte', byte: fromByte };
      const opened = await openFile(jail, { path, signal });
      try {
        const page = await readOpened(opened, { start, maxLines: lines, maxBytes, signal });
        return await told(page, { start, opened });
      } finally {
        await opened.handle.close();
      }
    },
  });
}

const ROOM_FOR_NOTES = 1_000;

async function readOpened({ handle, inside }: Opened, options: PageOptions): Promise<Page> {
  try {
    return await readPage(handle, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw problem(error, inside.shown);
  }
}

async function told(
  page: Page,
  { start, opened }: { readonly start: Start; readonly opened: Opened },
): Promise<string> {
  const { shown } = opened.inside;
  switch (page.type) {
    case 'text':
      return page.text + continuation(start, page.next);
    case 'binary':
      return `${shown} is a binary file of ${(await opened.handle.stat()).size} bytes; it is not shown.`;
    case 'past-end':
      if (start.type === 'line' && start.line === 1) return `${shown} is empty.`;
      throw new ToolError(`${shown} ends before ${start.type} ${start.type === 'line' ? start.line : start.byte}.`);
  }
}

function continuation(start: Start, next: Start | undefined): string {
  if (next === undefined) return '';
  if (next.type === 'line') return `\n[more: go on with fromLine ${next.line}]`;
  const skip = start.type === 'line' ? `, or skip it with fromLine ${start.line + 1}` : '';
  const what = start.type === 'line' ? `line ${start.line} is longer than a page` : 'more';
  return `\n[${what}: go on with fromByte ${next.byte}${skip}]`;
}
