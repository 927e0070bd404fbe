// Counts the lines of code of the packages by room, without blank lines, comments and tests.
//   node scripts/count-lines.ts          counts the working files
//   node scripts/count-lines.ts v0.1.0   compares with a revision
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** By package and room: `core/agent`. */
export type Counts = ReadonlyMap<string, number>;

/** Counts lines of code. A line with code and a comment counts. */
export function countCodeLines(text: string): number {
  let count = 0;
  let isComment = false;
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (isComment) {
      isComment = !line.includes('*/');
    } else if (line.startsWith('/*')) {
      isComment = !line.includes('*/');
      if (!isComment && !line.endsWith('*/')) count++;
    } else if (line !== '' && !line.startsWith('//')) count++;
  }
  return count;
}

/** Counts the lines of files, which are given by their paths from the root. */
export function countLines(files: ReadonlyMap<string, string>): Counts {
  const counts = new Map<string, number>();
  for (const [path, text] of files) {
    const [, name, room] = SOURCE.exec(path) ?? [];
    if (name === undefined || TEST.test(path)) continue;
    const key = `${name}/${room ?? ''}`;
    counts.set(key, (counts.get(key) ?? 0) + countCodeLines(text));
  }
  return counts;
}

/** Matches the package and the room of a source file. A file outside the rooms counts as a room. */
const SOURCE = /^packages\/([^/]+)\/src\/([^/]+)(?:\/.*)?(?<=\.ts)$/;
const TEST = /\.(?:test|test-d|fixture)\.ts$/;

/** Formats a line for each room and each package, with the difference from `before`. */
export function formatCounts(now: Counts, before?: Counts): string {
  const rooms = [...new Set([...now.keys(), ...(before?.keys() ?? [])])].sort();
  const packages = [...new Set(rooms.map((room) => room.replace(/\/.*/, '')))];
  const rows = packages.flatMap((name) => {
    const own = rooms.filter((room) => room.startsWith(`${name}/`));
    const addCounts = (counts: Counts): number => own.reduce((total, room) => total + (counts.get(room) ?? 0), 0);
    const makeRow = (title: string, count: (counts: Counts) => number): readonly string[] => {
      const lines = count(now);
      if (before === undefined) return [title, String(lines)];
      const difference = lines - count(before);
      return [title, String(lines), `${difference > 0 ? '+' : ''}${difference}`];
    };
    return [makeRow(name, addCounts), ...own.map((room) => makeRow(`  ${room}`, (counts) => counts.get(room) ?? 0))];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([title = '', ...cells]) =>
      [title.padEnd(widths[0] ?? 0), ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0))].join('  '),
    )
    .join('\n');
}

function readFiles(): ReadonlyMap<string, string> {
  const paths = readdirSync(join(ROOT, 'packages')).flatMap((name) =>
    readdirSync(join(ROOT, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }).map((path) =>
      ['packages', name, 'src', ...path.split(/[\\/]/)].join('/'),
    ),
  );
  const files = paths.filter((path) => path.endsWith('.ts'));
  return new Map(files.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

/** Reads all files with one call of git: one call for each file would take seconds. */
function readFilesAt(revision: string): ReadonlyMap<string, string> {
  const runGit = (args: readonly string[], input = ''): Buffer =>
    execFileSync('git', args, { cwd: ROOT, input, maxBuffer: 2 ** 30 });
  const list = runGit(['ls-tree', '-r', '--name-only', '-z', revision, 'packages']).toString('utf8').split('\0');
  const paths = list.filter((path) => SOURCE.test(path));
  const objects = runGit(['cat-file', '--batch'], paths.map((path) => `${revision}:${path}\n`).join(''));
  let start = 0;
  return new Map(
    paths.map((path) => {
      // Each object follows a line that ends with its size in bytes, and is followed by a line break.
      const head = objects.indexOf('\n', start);
      const size = Number(objects.toString('utf8', start, head).split(' ').at(-1));
      start = head + size + 2;
      return [path, objects.toString('utf8', head + 1, head + 1 + size)];
    }),
  );
}

if (import.meta.main) {
  const [revision] = process.argv.slice(2);
  console.log(
    formatCounts(countLines(readFiles()), revision === undefined ? undefined : countLines(readFilesAt(revision))),
  );
}
