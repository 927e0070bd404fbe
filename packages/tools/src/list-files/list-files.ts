import { stat } from 'node:fs/promises';
import { matchesGlob } from 'node:path';
import { type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { type Inside, Jail, type JailOptions } from '../files/jail.ts';
import { type Walked, walk } from './walk.ts';

export interface ListFilesOptions extends JailOptions {
  /** The most entries of one call. @defaultValue 500 */
  readonly maxEntries?: number;
  /** Folders below the one asked for that are looked into. @defaultValue 8 */
  readonly maxDepth?: number;
}

/**
 * A tool that lists files and folders below the roots given. See README.md beside this file for what it protects against
 * and what not.
 *
 * @throws ConfigError for roots that are no folders.
 */
export function listFiles({ maxEntries = 500, maxDepth = 8, ...options }: ListFilesOptions): Tool<unknown> {
  const jail = new Jail(options, 'list_files');
  return tool({
    name: 'list_files',
    description: 'Lists the files and folders there are, as paths that read_file takes. Folders end in a slash.',
    input: z.object({
      path: z.string().optional().describe('The folder to list. Without it: everything that may be looked at.'),
      glob: z
        .string()
        .max(200)
        // Matching takes time that grows fast with the number of wildcards.
        .refine((glob) => (glob.match(/\*+/g)?.length ?? 0) <= 6, 'must have at most 6 wildcards')
        .optional()
        .describe('Only paths that match, such as **/*.ts.'),
    }),
    effect: 'read',
    timeoutMs: 10_000,
    preview: ({ path }) => `list ${path ?? 'all files'}`,
    async execute({ path, glob }, { signal }) {
      const starts = path === undefined ? jail.roots : [await folder(jail, path)];
      const wants = glob === undefined ? () => true : (shown: string) => matchesGlob(shown, glob);
      const lines: string[] = [];
      for (const start of starts) {
        const walked = await walk(start, { jail, signal, maxDepth, wants, maxEntries: maxEntries - lines.length });
        lines.push(...walked.entries, ...note(walked));
      }
      return lines.length === 0 ? 'Nothing is there.' : lines.join('\n');
    },
  });
}

async function folder(jail: Jail, path: string): Promise<Inside> {
  const inside = await jail.find(path === '' ? '.' : path);
  if ((await stat(inside.real)).isDirectory()) return inside;
  throw new ToolError(`"${path}" is a file, not a folder. Read it with read_file.`);
}

function note({ stopped }: Walked): readonly string[] {
  switch (stopped) {
    case undefined:
      return [];
    case 'depth':
      return ['[folders further down are left out: list one of them]'];
    case 'entries':
      return ['[more entries are left out: list a folder, or pass a narrower glob]'];
  }
}
