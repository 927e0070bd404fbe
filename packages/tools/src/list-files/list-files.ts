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
  /** The most entries of one call. @defaultValue 500 */
  readonly maxEntries?: number;
  /** Names of the files that say what is passed over, in the form of `.gitignore`; `[]` for none. @defaultValue ['.gitignore'] */
  readonly ignoreFiles?: readonly string[];
  /** Folders below the one asked for that are looked into. @defaultValue 8 */
  readonly maxDepth?: number;
  /** After so many milliseconds what was found by then is told. @defaultValue 5_000 */
  readonly maxDurationMs?: number;
  /** Deadline in milliseconds, for a file system that hangs. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** @defaultValue the machine's */
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
 * A tool that lists files and folders below the roots given. See README.md beside this file for what it protects against
 * and what not.
 *
 * @throws ConfigError for roots that are no folders, and caps that are no whole numbers.
 */
export function listFiles(given: ListFilesOptions): Tool<unknown> {
  const options = checkOptions(given, LIST_FILES, 'Tool "list_files"');
  const { maxEntries = 500, maxDepth = 8, maxDurationMs = 5_000, timeoutMs = 10_000, clock = systemClock } = options;
  const { ignoreFiles = ['.gitignore'] } = options;
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
    description: 'Lists the files and folders there are, as paths that read_file takes. Folders end in a slash.',
    input: z.object({
      path: z.string().optional().describe('The folder to list. Without it: everything that may be looked at.'),
      glob: z
        .string()
        .min(1)
        .max(200)
        .refine(isGlob, 'has too many {a,b}: use fewer')
        .optional()
        .describe('Only paths that match, such as src/**/*.ts; without a slash, names at any depth.'),
      depth: z.number().int().min(1).max(maxDepth).optional().describe('How many levels of folders; 1 is only one.'),
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

/** Below what the model reads of a result, notes included. */
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
  throw new ToolError(`${quote(path)} is no folder. Read it with read_file, or list the folder that it is in.`);
}

/** A glob counts from the folder that is listed. */
function createFilter(glob: string, start: AllowedPath | undefined): (found: FoundEntry) => boolean {
  const matches = compileGlobs([glob]);
  const prefix = start === undefined || start.displayPath === '' ? '' : `${start.displayPath}/`;
  return ({ displayPath }) => matches(displayPath.slice(prefix.length));
}

function formatResult({ found, stops, unreadCount }: WalkResult, glob: string | undefined): string {
  const lines = [...found.map(formatLine), ...[...stops].map(formatNote)];
  if (unreadCount > 0) lines.push(`[${unreadCount} ${unreadCount === 1 ? 'folder' : 'folders'} could not be read]`);
  if (lines.length > 0) return lines.join('\n');
  return glob === undefined ? 'Nothing is there.' : `Nothing there matches ${quote(glob)}.`;
}

function formatLine({ displayPath, isFolder }: FoundEntry): string {
  const path = isFolder ? `${displayPath}/` : displayPath;
  // A name with a line break in it must not pass for two.
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(path) ? JSON.stringify(path) : path;
}

function formatNote(stop: WalkStop): string {
  switch (stop) {
    case 'entries':
      return '[more entries are left out: list a folder, or pass a narrower glob]';
    case 'visited':
      return '[there are too many entries to look at them all: list a folder further down]';
    case 'depth':
      return '[folders further down are left out: list one of them]';
    case 'time':
      return '[the time was over before all was looked at: list a folder further down]';
  }
}
