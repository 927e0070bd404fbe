import { stat } from 'node:fs/promises';
import { type Clock, checkOptions, type OptionTable, systemClock, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { quote } from '../base/quote.ts';
import { compileGlobs, isGlob } from '../files/glob.ts';
import { IgnoreChain } from '../files/ignore-chain.ts';
import { JAIL_HINTS, JAIL_KEYS, Jail, type JailOptions } from '../files/jail.ts';
import { openFile } from '../files/open-file.ts';
import { type FoundEntry, walk } from '../files/walk.ts';
import { createLineMatcher } from './create-line-matcher.ts';
import { searchFile } from './search-file.ts';
import { SearchReport, type SearchStop } from './search-report.ts';

export interface SearchFilesOptions extends JailOptions {
  /** Maximum matches of one call. @defaultValue 100 */
  readonly maxMatches?: number;
  /** Maximum files to search. @defaultValue 10_000 */
  readonly maxFiles?: number;
  /** Maximum bytes to search of one file. @defaultValue 8_388_608 */
  readonly maxFileBytes?: number;
  /** Names of the files with ignore rules, in the format of `.gitignore`; `[]` for none. @defaultValue ['.gitignore'] */
  readonly ignoreFiles?: readonly string[];
  /** After so many milliseconds, the call returns what it has found. @defaultValue 10_000 */
  readonly maxDurationMs?: number;
  /** Deadline in milliseconds, in case the file system hangs. @defaultValue 20_000 */
  readonly timeoutMs?: number;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock;
}

const SEARCH_FILES: OptionTable<SearchFilesOptions> = {
  keys: {
    ...JAIL_KEYS,
    maxMatches: 'number',
    maxFiles: 'number',
    maxFileBytes: 'number',
    ignoreFiles: 'texts',
    maxDurationMs: 'number',
    timeoutMs: 'number',
    clock: 'clock',
  },
  hints: JAIL_HINTS,
};

/**
 * Creates a tool that searches text files below the roots for a text or a regular expression. The time is proportional to the bytes read.
 * README.md in this folder says what it protects against.
 *
 * @throws ConfigError if a root is not a folder, or a limit is not a whole number.
 */
export function searchFiles(options: SearchFilesOptions): Tool<unknown> {
  const checked = checkOptions(options, SEARCH_FILES, 'Tool "search_files"');
  const { maxMatches: matchLimit = 100, maxFiles = 10_000, maxFileBytes = 8 * 2 ** 20, timeoutMs = 20_000 } = checked;
  const { maxDurationMs = 10_000, ignoreFiles = ['.gitignore'], clock = systemClock } = checked;
  const jail = new Jail(options, 'search_files');
  checkPositive({ maxMatches: matchLimit, maxFiles, maxFileBytes, maxDurationMs }, 'search_files');
  return tool({
    name: 'search_files',
    description:
      'Search text files for a text or a regular expression, line by line. Returns lines of the form path:line: text.',
    input: createInputSchema(matchLimit),
    effect: 'read',
    timeoutMs,
    preview: ({ pattern, path }) => escapeInvisible(`search ${path ?? 'all files'} for ${JSON.stringify(pattern)}`),
    async execute({ pattern, kind, path, glob, letterCase, context, matches: maxMatches, after }, { signal }) {
      const until = clock.now() + maxDurationMs;
      const isTimeOver = (): boolean => clock.now() >= until;
      const matches = createLineMatcher({ pattern, kind, letterCase });
      const begin = after === undefined ? undefined : parsePosition(after);
      const report = new SearchReport();
      const { files, stops } = await findFiles(jail, {
        path,
        glob,
        signal,
        maxFiles,
        maxDurationMs,
        clock,
        ignoreFiles,
      });
      for (const stop of stops) report.stop(stop);
      for (const file of begin === undefined ? files : files.slice(findStart(files, begin.displayPath))) {
        if (isTimeOver()) report.stop('time');
        if (report.isFull || report.matchCount >= maxMatches) break;
        const afterLine = file.displayPath === begin?.displayPath ? begin.line : 0;
        const remaining = maxMatches - report.matchCount;
        await addMatches(jail, {
          file,
          report,
          options: {
            matches,
            context,
            maxMatches: remaining,
            afterLine,
            maxBytes: maxFileBytes,
            isTimeOver,
            signal,
          },
        });
      }
      if (report.matchCount >= maxMatches) report.stop('matches');
      return report.toText(pattern);
    },
  });
}

function createInputSchema(maxMatches: number) {
  return z.object({
    pattern: z.string().min(1).max(1_000).describe('The text or regular expression to search for.'),
    kind: z
      .enum(['text', 'regex'])
      .default('text')
      .describe('regex: an RE2 expression, without look-arounds and back-references.'),
    path: z.string().optional().describe('The folder or file to search. Omit it to search everything.'),
    glob: z
      .string()
      .min(1)
      .max(200)
      .refine(isGlob, 'has too many {a,b} alternatives: use fewer')
      .optional()
      .describe('Search only matching files, such as src/**/*.ts. Without a slash: names at any depth.'),
    letterCase: z.enum(['sensitive', 'insensitive']).default('sensitive'),
    context: z
      .number()
      .int()
      .min(0)
      .max(5)
      .default(0)
      .describe('The number of lines before and after each match to include.'),
    matches: z.number().int().min(1).max(maxMatches).default(maxMatches).describe('The maximum number of matches.'),
    after: z.string().optional().describe('The path:line where an earlier search ended, to continue after it.'),
  });
}

interface SearchScope {
  readonly path: string | undefined;
  readonly glob: string | undefined;
  readonly signal: AbortSignal;
  readonly maxFiles: number;
  readonly maxDurationMs: number;
  readonly clock: Clock;
  readonly ignoreFiles: readonly string[];
}

interface FileList {
  readonly files: readonly Pick<FoundEntry, 'displayPath' | 'real'>[];
  readonly stops: readonly SearchStop[];
}

/** Finds the files to search. Their number is limited, and the length of their paths is not. */
async function findFiles(jail: Jail, { path = '', glob, signal, ...limits }: SearchScope): Promise<FileList> {
  const isAll = path === '' || path === '.' || path === './';
  const start = isAll ? undefined : await jail.find(path, { signal });
  if (start !== undefined && (await stat(start.real)).isFile()) return { files: [start], stops: [] };
  const matches = glob === undefined ? () => true : compileGlobs([glob]);
  const prefix = start === undefined || start.displayPath === '' ? 0 : start.displayPath.length + 1;
  const walked = await walk(start === undefined ? jail.roots : [start], {
    allowedFolders: jail,
    clock: limits.clock,
    signal,
    maxEntries: limits.maxFiles,
    maxLength: Number.POSITIVE_INFINITY,
    maxVisited: MAX_VISITED,
    maxDepth: MAX_DEPTH,
    maxDurationMs: limits.maxDurationMs,
    ignoreFilter: new IgnoreChain({ jail, names: limits.ignoreFiles, signal }),
    isWanted: ({ displayPath, isFolder }) => !isFolder && matches(displayPath.slice(prefix)),
  });
  return { files: walked.found, stops: [...walked.stops].map((stop) => (stop === 'time' ? 'time' : 'files')) };
}

const MAX_VISITED = 200_000;
const MAX_DEPTH = 64;

interface FileSearch {
  readonly file: FileList['files'][number];
  readonly report: SearchReport;
  readonly options: Parameters<typeof searchFile>[1];
}

/** Searches a file. A file that cannot be read is counted, and does not end the search. */
async function addMatches(jail: Jail, { file, report, options }: FileSearch): Promise<void> {
  try {
    const { handle } = await openFile(jail, { path: file.real, signal: options.signal });
    try {
      report.add(file.displayPath, await searchFile(handle, options));
    } finally {
      await handle.close();
    }
  } catch {
    options.signal.throwIfAborted();
    report.unreadCount++;
  }
}

interface SearchPosition {
  readonly displayPath: string;
  readonly line: number;
}

function parsePosition(after: string): SearchPosition {
  const [, displayPath, line] = /^(.*):(\d+)$/s.exec(after) ?? [];
  if (displayPath !== undefined && line !== undefined) return { displayPath, line: Number(line) };
  throw new ToolError(
    `after is ${quote(after)}. Pass the path and line that the previous search returned: src/a.ts:12.`,
  );
}

function findStart(files: FileList['files'], displayPath: string): number {
  const index = files.findIndex((file) => file.displayPath === displayPath);
  if (index !== -1) return index;
  throw new ToolError(`${quote(displayPath)} is not a file of this search. Search again without after.`);
}
