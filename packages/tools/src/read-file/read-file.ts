import { checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { JAIL_HINTS, JAIL_KEYS, Jail, type JailOptions } from '../files/jail.ts';
import { type OpenedFile, openFile } from '../files/open-file.ts';
import { toToolError } from '../files/to-tool-error.ts';
import { computeVersion, readWhole } from '../files/version.ts';
import { type Page, type PageOptions, type PageStart, readPage } from './read-page.ts';

export interface ReadFileOptions extends JailOptions {
  /** Maximum lines of one call. @defaultValue 2_000 */
  readonly maxLines?: number;
  /** Maximum bytes of one call. @defaultValue 49_152 */
  readonly maxBytes?: number;
  /** Whether the last line is the file's version, which `write_file` and `edit_file` need. @defaultValue 'omit' */
  readonly versions?: 'include' | 'omit';
  /** Deadline in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

const READ_FILE: OptionTable<ReadFileOptions> = {
  keys: {
    ...JAIL_KEYS,
    maxLines: 'number',
    maxBytes: 'number',
    versions: { include: true, omit: true },
    timeoutMs: 'number',
  },
  hints: JAIL_HINTS,
};

/**
 * Creates a tool that reads text files below the roots, in pages of lines. README.md in this folder says what it protects against.
 *
 * @throws ConfigError if a root is not a folder, or a limit is not a whole number.
 */
export function readFile(options: ReadFileOptions): Tool<unknown> {
  const checked = checkOptions(options, READ_FILE, 'Tool "read_file"');
  const { maxLines = 2_000, maxBytes = 49_152, versions = 'omit', timeoutMs = 10_000 } = checked;
  const jail = new Jail(options, 'read_file');
  checkPositive({ maxLines, maxBytes }, 'read_file');
  return tool({
    name: 'read_file',
    description: 'Read a text file. Long files come in pages: the last line of a page says how to get the next one.',
    input: z.object({
      path: z.string().min(1).describe('Path of the file, relative to the root.'),
      fromLine: z.number().int().min(1).default(1).describe('The first line to read, counted from 1.'),
      lines: z.number().int().min(1).max(maxLines).optional().describe('The maximum number of lines to read.'),
      fromByte: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe('Use this instead of fromLine if the last line of a page says so.'),
    }),
    effect: 'read',
    timeoutMs,
    // The page is already limited; the general limit must not cut it again.
    maxResultLength: maxBytes + ROOM_FOR_NOTES,
    preview: ({ path }) => escapeInvisible(`read ${path}`),
    async execute({ path, fromLine, lines = maxLines, fromByte }, { signal }) {
      const start: PageStart =
        fromByte === undefined ? { type: 'line', line: fromLine } : { type: 'byte', byte: fromByte };
      const opened = await openFile(jail, { path, signal });
      try {
        const reading = { start, maxLines: lines, maxBytes, signal };
        if (versions === 'omit') return await formatPage(await readOpenedFile(opened, reading), { start, opened });
        const { page, version } = await readVersioned(opened, reading);
        const text = await formatPage(page, { start, opened });
        return version === undefined || page.type === 'binary' ? text : `${text}\n[version ${version}]`;
      } finally {
        await opened.handle.close();
      }
    },
  });
}

const ROOM_FOR_NOTES = 1_000;

/** Reads a page, and the version of the file that it belongs to. */
async function readVersioned(opened: OpenedFile, reading: PageOptions): Promise<VersionedPage> {
  const { handle } = opened;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = await handle.stat({ bigint: true });
    const page = await readOpenedFile(opened, reading);
    const whole = await readWhole(handle, reading);
    const after = await handle.stat({ bigint: true });
    if (before.mtimeNs !== after.mtimeNs || before.size !== after.size) continue;
    return { page, version: whole === undefined ? undefined : computeVersion(whole) };
  }
  return { page: await readOpenedFile(opened, reading), version: undefined };
}

interface VersionedPage {
  readonly page: Page;
  /** `undefined` if the file is too large to write, or keeps changing. */
  readonly version: string | undefined;
}

const MAX_TRIES = 3;

async function readOpenedFile({ handle, inside }: OpenedFile, options: PageOptions): Promise<Page> {
  try {
    return await readPage(handle, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw toToolError(error, inside.displayPath);
  }
}

async function formatPage(
  page: Page,
  { start, opened }: { readonly start: PageStart; readonly opened: OpenedFile },
): Promise<string> {
  const { displayPath } = opened.inside;
  switch (page.type) {
    case 'text':
      return page.text + formatContinuation(start, page.next);
    case 'binary':
      return `${displayPath} is a binary file of ${(await opened.handle.stat()).size} bytes, not shown.`;
    case 'past-end':
      if (start.type === 'line' && start.line === 1) return `${displayPath} is empty.`;
      throw new ToolError(
        `${displayPath} ends before ${start.type} ${start.type === 'line' ? start.line : start.byte}. Pass a smaller number.`,
      );
  }
}

function formatContinuation(start: PageStart, next: PageStart | undefined): string {
  if (next === undefined) return '';
  if (next.type === 'line') return `\n[more: continue with fromLine ${next.line}]`;
  const skip = start.type === 'line' ? `, or skip it with fromLine ${start.line + 1}` : '';
  const reason = start.type === 'line' ? `line ${start.line} is longer than a page` : 'more';
  return `\n[${reason}: continue with fromByte ${next.byte}${skip}]`;
}
