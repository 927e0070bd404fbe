// Draws the rooms of core and their imports into docs/architecture.md, from the source files.
//   node scripts/draw-rooms.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOMS, SUB_PATHS } from './rooms.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'packages', 'core', 'src');

/** Rooms and sub-paths, each sub-path right above the highest room that it imports from. */
export const LEVELS: readonly string[] = ROOMS.flatMap((room) => [
  ...Object.entries(SUB_PATHS).flatMap(([folder, highest]) => (highest === room ? [folder] : [])),
  room,
]);

/** An import of one room from another, types included. */
export interface RoomImport {
  readonly from: string;
  readonly to: string;
}

/** Lists each pair of rooms of which one imports from the other, once. */
export function listRoomImports(files: ReadonlyMap<string, string> = readSourceFiles()): readonly RoomImport[] {
  const pairs = new Map<string, RoomImport>();
  for (const [path, text] of files) {
    for (const [, target = ''] of text.matchAll(IMPORT)) {
      const pair = { from: getRoom(path), to: getRoom(posix.join(posix.dirname(path), target)) };
      if (pair.from !== pair.to && LEVELS.includes(pair.from)) pairs.set(`${pair.from} ${pair.to}`, pair);
    }
  }
  return [...pairs.values()];
}

/** `import … from './a.ts'`, `export … from './a.ts'`, `import './a.ts'`, `import('./a.ts')`. */
const IMPORT = /\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g;

function getRoom(path: string): string {
  return path.replace(/\/.*/, '');
}

function readSourceFiles(): ReadonlyMap<string, string> {
  const paths = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  const sources = paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
  return new Map(sources.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(SOURCE, path), 'utf8')]));
}

/** Draws a row and a column for each room: the row shows which rooms import it. */
export function drawRooms(imports: readonly RoomImport[] = listRoomImports()): string {
  const width = Math.max(...LEVELS.map(({ length }) => length));
  return LEVELS.map((to, row) => {
    const signs = LEVELS.map((from, column) => {
      if (row === column) return '■';
      const isImported = imports.some((each) => each.from === from && each.to === to);
      return isImported ? (column < row ? '↓' : '↑') : column < row ? '·' : ' ';
    });
    return `${to.padEnd(width)}  ${signs.join(' ')}`.trimEnd();
  }).join('\n');
}

/** Returns the page with a new drawing. */
export function withDrawing(page: string): string {
  return page.replace(/(<!-- rooms -->\n\n```text\n).*?(\n```)/s, (_, before, after) => before + drawRooms() + after);
}

if (import.meta.main) {
  const path = join(ROOT, 'docs', 'architecture.md');
  writeFileSync(path, withDrawing(readFileSync(path, 'utf8')));
}
