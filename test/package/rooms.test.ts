import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOMS_OF_PACKAGES, withRooms } from '../../scripts/lint-rooms.ts';
import { DBOS_DOORS, DOORS, ROOMS, SUB_PATHS } from '../../scripts/rooms.ts';

const root = join(import.meta.dirname, '..', '..');
const core = 'packages/core/src';
const RESTRICTED = 'lint/style/noRestrictedImports';
/** Core imports a sub-path of zod. */
const IMPORTED: Readonly<Record<string, string>> = { zod: 'zod/v4/core' };
const rooms: readonly string[] = ROOMS;
const doors = Object.entries(DOORS).map(([name, door]) => ({ name: IMPORTED[name] ?? name, door }));

/** Other files that may import a dependency. */
const besides = (name: string): readonly string[] =>
  ['loop', 'base'].map((room) => `${core}/${room}/${name.replaceAll('/', '-')}.ts`);

const thingOf = (room: string): string => `import type { Thing } from '../${room}/thing.ts';\n`;

const dbosDoors = Object.entries(DBOS_DOORS).map(([group, door]) => ({ name: group.replace('**', 'dbos-sdk'), door }));

/** In each room of a package besides core, an import from the room above and one from a room below. */
const pairs = ROOMS_OF_PACKAGES.flatMap(({ source, rooms: own }) =>
  own.slice(1).map((room, index) => ({ source, room, above: own[index] ?? '' })),
);

/** The planted faults by path. They are linted in one run, since each start of Biome is slow. */
const planted: Readonly<Record<string, string>> = {
  ...byPath(rooms, (room) => [
    `${room}/thing.ts`,
    'export interface Thing {\n  readonly id: string;\n}\n\nexport const thing = 1;\n',
  ]),
  ...byPath(rooms.slice(1), (room) => [
    `agent/${room}.ts`,
    `import { type Thing, thing } from '../${room}/thing.ts';\nexport const mine: Thing = { id: String(thing) };\n`,
  ]),
  ...byPath(rooms.slice(1), (room, index) => [
    `${room}/above.ts`,
    `${thingOf(rooms[index] ?? '')}export type Mine = Thing;\n`,
  ]),
  ...byPath(rooms.slice(0, -1), (room) => [
    `sqlite/${room}.ts`,
    `import { DatabaseSync } from 'node:sqlite';\n${thingOf(room)}export const thing: Thing = { id: String(new DatabaseSync(':memory:').isOpen) };\n`,
  ]),
  ...Object.fromEntries(
    dbosDoors.flatMap(({ name, door }) =>
      [door, `beside-${door}`].map((file) => [
        `packages/dbos/src/${file}`,
        `import type { Anything } from '${name}';\nexport type Mine = Anything;\n`,
      ]),
    ),
  ),
  ...Object.fromEntries(
    pairs.flatMap(({ source, room, above }) => [
      [`${source}/${room}/goes-up.ts`, `${thingOf(above)}export type Mine = Thing;\n`],
      [`${source}/${above}/goes-down.ts`, `${thingOf(room)}export type Mine = Thing;\n`],
    ]),
  ),
  [`${core}/sqlite/thing.ts`]: 'export interface Thing {\n  readonly id: string;\n}\n',
  [`${core}/base/beside.ts`]: `${thingOf('sqlite')}export type Mine = Thing;\n`,
  ...Object.fromEntries(
    doors.flatMap(({ name, door }) =>
      [`${core}/${door}`, ...besides(name)].map((path) => [
        path,
        `import type { Anything } from '${name}';\nexport type Mine = Anything;\n`,
      ]),
    ),
  ),
  [`${core}/base/a.ts`]: "import type { B } from './b.ts';\nexport type A = B | 1;\n",
  [`${core}/base/b.ts`]: "import type { A } from './a.ts';\nexport type B = readonly A[];\n",
  [`${core}/base/node.ts`]:
    "import { join } from 'node:path';\nexport const path: string = join('a', process.pid.toString());\n",
  'packages/tools/src/long-file.ts': 'console.log(1);\n'.repeat(401),
  'packages/tools/src/long-function.ts': `export function long(): void {\n${'  console.log(1);\n'.repeat(61)}}\n`,
};

function byPath(
  names: readonly string[],
  fileOf: (room: string, index: number) => readonly [path: string, text: string],
): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map(fileOf).map(([path, text]) => [`${core}/${path}`, text]));
}

interface Diagnostic {
  readonly category: string;
  readonly severity: string;
  readonly location: { readonly path: string };
}

let errors: readonly Diagnostic[];

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-rooms-'));
  const { vcs: _, $schema: __, ...config } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  const settings = { 'biome.json': JSON.stringify(config), 'package.json': '{ "type": "module" }' };
  for (const [path, text] of Object.entries({ ...settings, ...planted })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const report = JSON.parse(spawnSync(biome, args, { cwd: folder, encoding: 'utf8' }).stdout);
  rmSync(folder, { recursive: true });
  errors = (report.diagnostics as readonly Diagnostic[]).filter(({ severity }) => severity === 'error'); // Biome's own format.
});

/** The rules that report a file, by name. */
function objections(path: string): readonly string[] {
  if (!(path in planted)) throw new Error(`"${path}" was not planted.`);
  const ours = errors.filter(({ location }) => location.path === path);
  return [...new Set(ours.map(({ category }) => category))].sort();
}

test('biome.json has the rules that scripts/lint-rooms.ts writes', () => {
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  expect(config).toEqual(withRooms(config));
});

describe('the lint rules', () => {
  test.each(rooms.slice(1))('allow an import from %s in a room above, types included', (room) => {
    expect(objections(`${core}/agent/${room}.ts`)).toEqual([]);
    expect(objections(`${core}/${room}/thing.ts`)).toEqual([]);
  });

  test.each(rooms.slice(1).map((room, index) => ({ room, above: rooms[index] ?? '' })))(
    'report an import of $above in $room below',
    ({ room }) => {
      expect(objections(`${core}/${room}/above.ts`)).toEqual([RESTRICTED]);
    },
  );

  test.each(doors)('report an import of $name except in its door', ({ name, door }) => {
    expect(objections(`${core}/${door}`)).not.toContain(RESTRICTED);
    for (const path of besides(name)) expect(objections(path)).toContain(RESTRICTED);
  });

  test.each(dbosDoors)('report an import of $name in packages/dbos except in its door', ({ door }) => {
    expect(objections(`packages/dbos/src/${door}`)).not.toContain(RESTRICTED);
    expect(objections(`packages/dbos/src/beside-${door}`)).toContain(RESTRICTED);
  });

  test.each(pairs)('report an import of $above in $room of $source, and not one of $room in $above', (pair) => {
    expect(objections(`${pair.source}/${pair.room}/goes-up.ts`)).toEqual([RESTRICTED]);
    expect(objections(`${pair.source}/${pair.above}/goes-down.ts`)).toEqual([]);
  });

  test('allow the SQLite host Node and the rooms from host down, and report rooms above', () => {
    expect(objections(`${core}/sqlite/host.ts`)).toEqual([]);
    for (const room of rooms.slice(0, rooms.indexOf(SUB_PATHS.sqlite)))
      expect(objections(`${core}/sqlite/${room}.ts`)).toEqual([RESTRICTED]);
    expect(objections(`${core}/base/beside.ts`)).toEqual([RESTRICTED]);
  });

  test('report a cycle of type imports', () => {
    expect(objections(`${core}/base/a.ts`)).toEqual(['lint/suspicious/noImportCycles']);
    expect(objections(`${core}/base/b.ts`)).toEqual(['lint/suspicious/noImportCycles']);
  });

  test('report node: and its globals in core', () => {
    expect(objections(`${core}/base/node.ts`)).toEqual([
      'lint/correctness/noNodejsModules',
      'lint/correctness/noProcessGlobal',
    ]);
  });

  test('report a file over 400 lines and a function over 60', () => {
    expect(objections('packages/tools/src/long-file.ts')).toEqual(['lint/style/noExcessiveLinesPerFile']);
    expect(objections('packages/tools/src/long-function.ts')).toEqual(['lint/complexity/noExcessiveLinesPerFunction']);
  });
});
