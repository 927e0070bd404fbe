import { stat } from 'node:fs/promises';
import { type Clock, checkOptions, type OptionTable, systemClock, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { quote } from '../base/quote.ts';
import type { AllowedPath } from '../files/allowed-folders.ts';
import { compileGlobs, isGlob } from '../files/glob.ts';
import { IgnoreChain } from '../files/ignore-chain.ts';
import { JAIL_HINTS, JAIL_KEYS, Jail, type JailOptions } from '../files/jail.ts';
import { toToolError } from '../files/to-tool-error.ts';
import { type FoundEntry, type WalkResult, type WalkStop, walk } from '../files/walk.ts';

export interface ListFilesOptions extends JailOptions {
  /** Maximum entries of one call. @defaultValue 500 */
  readonly maxEntries?: number;
  /** Names of the files with ignore rules, in the format of `.gitignore`; `[]` for none. @defaultValue ['.gitignore'] */
  readonly ignoreFiles?: readonly string[];
  /** Maximum levels of folders. @defaultValue 8 */
  readonly maxDepth?: number;
  /** After so many milliseconds, the call returns what it has found. @defaultValue 5_000 */
  readonly maxDurationMs?: number;
  /** Deadline in milliseconds, in case the file system hangs. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
}

const LIST_FILES: OptionTable<ListFilesOptions> = {
  keys: {
    ...JAIL_KEYS,
    maxEntries: 'number',
    ignoreFiles: 'texts',
    maxDepth: 'number',
    maxDurationMs: 'number',
    timeoutMs: 'number',
    clock: 'clock',
  },
  hints: JAIL_HINTS,
};

/**
 * Creates a tool that lists files and folders below the roots. README.md in this folder says what it protects against.
 *
 * @throws ConfigError if a root is not a folder, or a limit is not a whole number.
 */
export function listFiles(options: ListFilesOptions): Tool<unknown> {
  const checked = checkOptions(options, LIST_FILES, 'Tool "list_files"');
  const { maxEntries = 500, maxDepth = 8, maxDurationMs = 5_000, timeoutMs = 10_000, clock = systemClock } = checked;
  const { ignoreFiles = ['.gitignore'] } = checked;
  const jail = new Jail(options, 'list_files');
  checkPositive({ maxEntries, maxDepth, maxDurationMs }, 'list_files');
  const limits = {
    allowedFolders: jail,
    clock,
    maxEntries,
    maxDurationMs,
    maxLength: MAX_LENGTH,
    maxVisited: MAX_VISITED,
  };
  return tool({
    name: 'list_files',
    description: 'List files and folders as paths for read_file. Folders end with a slash.',
    input: z.object({
      path: z.string().optional().describe('The folder to list. Omit it to list everything.'),
      glob: z
        .string()
        .min(1)
        .max(200)
        .refine(isGlob, 'has too many {a,b} alternatives: use fewer')
        .optional()
        .describe('List only matching paths, such as src/**/*.ts. Without a slash: names at any depth.'),
      depth: z
        .number()
        .int()
        .min(1)
        .max(maxDepth)
        .optional()
        .describe('How many levels of folders; 1 is the folder itself.'),
    }),
    effect: 'read',
    timeoutMs,
    preview: ({ path }) => escapeInvisible(`list ${path ?? 'all files'}`),
    async execute({ path = '', glob, depth = maxDepth }, { signal }) {
      const start = path === '' || path === '.' || path === './' ? undefined : await findFolder(jail, { path, signal });
      const walked = await walk(start === undefined ? jail.roots : [start], {
        ...limits,
        maxDepth: depth,
        signal,
        ignoreFilter: new IgnoreChain({ jail, names: ignoreFiles, signal }),
        isWanted: glob === undefined ? () => true : createFilter(glob, start),
      });
      return formatResult(walked, glob);
    },
  });
}

/** Less than the maximum length of a result, with the notes. */
const MAX_LENGTH = 49_152;
const MAX_VISITED = 50_000;

async function findFolder(
  jail: Jail,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<AllowedPath> {
  const inside = await jail.find(path, { signal });
  const stats = await stat(inside.real).catch((error: unknown) => {
    throw toToolError(error, path);
  });
  if (stats.isDirectory()) return inside;
  throw new ToolError(`${quote(path)} is not a folder. Read it with read_file, or list its parent folder.`);
}

/** A glob is relative to the listed folder. */
function createFilter(glob: string, start: AllowedPath | undefined): (found: FoundEntry) => boolean {
  const matches = compileGlobs([glob]);
  const prefix = start === undefined || start.displayPath === '' ? '' : `${start.displayPath}/`;
  return ({ displayPath }) => matches(displayPath.slice(prefix.length));
}

function formatResult({ found, stops, unreadCount }: WalkResult, glob: string | undefined): string {
  const lines = [...found.map(formatLine), ...[...stops].map(formatNote)];
  if (unreadCount > 0) lines.push(`[${unreadCount} ${unreadCount === 1 ? 'folder' : 'folders'} could not be read]`);
  if (lines.length > 0) return lines.join('\n');
  return glob === undefined ? 'The folder is empty.' : `No path matches ${quote(glob)}.`;
}

function formatLine({ displayPath, isFolder }: FoundEntry): string {
  const path = isFolder ? `${displayPath}/` : displayPath;
  // Quoted, so that a name with a line break does not look like two entries.
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(path) ? JSON.stringify(path) : path;
}

function formatNote(stop: WalkStop): string {
  switch (stop) {
    case 'entries':
      return '[more entries exist: list a folder, or pass a narrower glob]';
    case 'visited':
      return '[there are too many entries to visit all: list a deeper folder]';
    case 'depth':
      return '[deeper folders are omitted: list one of them]';
    case 'time':
      return '[time ran out before all folders were visited: list a deeper folder]';
  }
}
