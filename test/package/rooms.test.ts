import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const core = 'packages/core/src';

/** A folder with the project's lint rules and nothing else. */
let planted = '';

beforeAll(() => {
  planted = mkdtempSync(join(tmpdir(), 'pawl-rooms-'));
  const { vcs: _, $schema: __, ...config } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  plant({ 'biome.json': JSON.stringify(config), 'package.json': '{ "type": "module" }' });
});

afterAll(() => rmSync(planted, { recursive: true, force: true }));

function plant(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(planted, path)), { recursive: true });
    writeFileSync(join(planted, path), text);
  }
}

/** The rules that object to the files, by name. */
function objections(files: Readonly<Record<string, string>>): readonly string[] {
  rmSync(join(planted, 'packages'), { recursive: true, force: true });
  plant(files);
  const biome = join(root, 'node_modules', '.bin', 'biome');
  const { stdout } = spawnSync(biome, ['lint', '--reporter=json', '.'], { cwd: planted, encoding: 'utf8' });
  const report = JSON.parse(stdout) as { diagnostics: readonly { category: string; severity: string }[] };
  const errors = report.diagnostics.filter(({ severity }) => severity === 'error');
  return [...new Set(errors.map(({ category }) => category))].sort();
}

const RESTRICTED = 'lint/style/noRestrictedImports';
const rooms = [
  'agent',
  'middleware',
  'perform',
  'loop',
  'limits',
  'durable',
  'model',
  'tool',
  'event',
  'chat',
  'schema',
  'base',
];

describe('the lint rules', () => {
  test('let a room import from each room below it, types included', () => {
    const clean = Object.fromEntries(rooms.map((room) => [`${core}/${room}/thing.ts`, `export const ${room} = 1;\n`]));
    const imports = rooms.slice(1).map((room) => `import { ${room} } from '../${room}/thing.ts';\n`);
    const all = `${imports.join('')}export const all: number = ${rooms.slice(1).join(' + ')};\n`;
    expect(objections({ ...clean, [`${core}/agent/all.ts`]: all })).toEqual([]);
  });

  test.each(rooms.slice(1).map((room, index) => ({ room, above: rooms[index] ?? '' })))(
    'catch an import of $above from $room below it',
    ({ room, above }) => {
      expect(
        objections({
          [`${core}/${above}/thing.ts`]: 'export interface Thing {\n  readonly id: string;\n}\n',
          [`${core}/${room}/other.ts`]: `import type { Thing } from '../${above}/thing.ts';\nexport type Other = Thing;\n`,
        }),
      ).toEqual([RESTRICTED]);
    },
  );

  test.each([
    { name: 'eventemitter3', door: 'event/observers.ts' },
    { name: 'p-retry', door: 'model/attempts.ts' },
    { name: 'eventsource-parser', door: 'chat/server-sent-events.ts' },
    { name: 'zod/v4/core', door: 'schema/zod.ts' },
    { name: 'zod-to-json-schema', door: 'schema/zod3.ts' },
  ])('catch $name anywhere but behind its door', ({ name, door }) => {
    const source = `import type { Anything } from '${name}';\nexport type Mine = Anything;\n`;
    expect(objections({ [`${core}/${door}`]: source })).not.toContain(RESTRICTED);
    expect(objections({ [`${core}/loop/other.ts`]: source })).toContain(RESTRICTED);
    expect(objections({ [`${core}/base/other.ts`]: source })).toContain(RESTRICTED);
  });

  test('let the host on SQLite use Node and the rooms from durable down, and none above', () => {
    const host = (room: string): Readonly<Record<string, string>> => ({
      [`${core}/${room}/thing.ts`]: 'export interface Thing {\n  readonly id: string;\n}\n',
      [`${core}/sqlite/host.ts`]: `import { DatabaseSync } from 'node:sqlite';\nimport type { Thing } from '../${room}/thing.ts';\nexport const thing: Thing = { id: String(new DatabaseSync(':memory:').isOpen) };\n`,
    });
    expect(objections(host('durable'))).toEqual([]);
    for (const room of ['agent', 'middleware', 'perform', 'loop', 'limits'])
      expect(objections(host(room))).toEqual([RESTRICTED]);
  });

  test('catch a cycle of types alone', () => {
    expect(
      objections({
        [`${core}/base/a.ts`]: "import type { B } from './b.ts';\nexport type A = B | 1;\n",
        [`${core}/base/b.ts`]: "import type { A } from './a.ts';\nexport type B = readonly A[];\n",
      }),
    ).toEqual(['lint/suspicious/noImportCycles']);
  });

  test('catch node: and its globals in core', () => {
    const source =
      "import { join } from 'node:path';\nexport const path: string = join('a', process.pid.toString());\n";
    expect(objections({ [`${core}/base/a.ts`]: source })).toEqual([
      'lint/correctness/noNodejsModules',
      'lint/correctness/noProcessGlobal',
    ]);
  });

  test('catch a file of more than 300 lines and a function of more than 60', () => {
    const lines = 'console.log(1);\n'.repeat(301);
    expect(objections({ 'packages/tools/src/long.ts': lines })).toEqual(['lint/style/noExcessiveLinesPerFile']);
    const body = `export function long(): void {\n${'  console.log(1);\n'.repeat(61)}}\n`;
    expect(objections({ 'packages/tools/src/long.ts': body })).toEqual(['lint/complexity/noExcessiveLinesPerFunction']);
  });
});
