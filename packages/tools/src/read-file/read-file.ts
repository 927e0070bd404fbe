import { type Tool, tool } from '@pawl/core';
import { z } from 'zod';
import { Jail, type JailOptions } from '../files/jail.ts';
import { readLines } from './read-lines.ts';

export interface ReadFileOptions extends JailOptions {
  /** The most lines of one call. @defaultValue 2_000 */
  readonly maxLines?: number;
  /** The most bytes of one call. @defaultValue 49_152 */
  readonly maxBytes?: number;
}

/**
 * A tool that reads text files below the roots given, by pages of lines. See README.md beside this file for what it
 * protects against and what not.
 *
 * @throws ConfigError for roots that are no folders.
 */
export function readFile({ maxLines = 2_000, maxBytes = 49_152, ...options }: ReadFileOptions): Tool<unknown> {
  const jail = new Jail(options, 'read_file');
  return tool({
    name: 'read_file',
    description: 'Reads a text file. Long files come in pages: the end of a page says which line to go on with.',
    input: z.object({
      path: z.string().min(1).describe('Path of the file, relative to the root.'),
      fromLine: z.number().int().min(1).default(1).describe('The first line to read, counted from 1.'),
      lines: z.number().int().min(1).max(maxLines).optional().describe('How many lines to read at the most.'),
    }),
    effect: 'read',
    timeoutMs: 10_000,
    preview: ({ path }) => `read ${path}`,
    async execute({ path, fromLine, lines = maxLines }, { signal }) {
      const { handle, inside } = await jail.open(path);
      try {
        const page = await readLines(handle, { from: fromLine, maxLines: lines, maxBytes, signal });
        if (page.isBinary)
          return `${inside.shown} is a binary file of ${(await handle.stat()).size} bytes; it is not shown.`;
        if (page.count === 0)
          return fromLine === 1 ? `${inside.shown} is empty.` : `${inside.shown} ends before line ${fromLine}.`;
        return page.text + continuation(page);
      } finally {
        await handle.close();
      }
    },
  });
}

function continuation({ next, isCut }: { readonly next: number | undefined; readonly isCut: boolean }): string {
  if (next === undefined) return '';
  if (isCut) return `\n[line ${next} is too long: the rest of it is left out; go on with fromLine ${next + 1}]`;
  return `\n[more: go on with fromLine ${next}]`;
}
