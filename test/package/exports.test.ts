import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { beforeAll, expect, test } from 'vitest';
import { build, listSubPaths } from '../../scripts/published.ts';
import { type BundleResult, measureSizes } from '../../scripts/sizes.ts';
import { LIMITS } from './size-limits.ts';

const root = join(import.meta.dirname, '..', '..');

beforeAll(build);

/** The exports of files, by their places in the list. */
async function exportsOf(files: readonly string[]): Promise<readonly (readonly string[])[]> {
  const bundle = await rolldown({
    input: Object.fromEntries(files.map((file, index) => [String(index), file])),
    platform: 'neutral',
    external: /^[^./]/,
    plugins: files.every((file) => file.endsWith('.d.ts')) ? dts({ dtsInput: true, oxc: true, tsconfig: false }) : [],
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const chunks = output.flatMap((one) => (one.type === 'chunk' && one.isEntry ? [one] : []));
  return files.map((_, index) => [...(chunks.find(({ name }) => name === String(index))?.exports ?? [])].sort());
}

test('the packages export exactly the listed names, types included', async () => {
  const paths = listSubPaths();
  const values = await exportsOf(paths.map(({ code }) => code));
  const names = await exportsOf(paths.map(({ declarations }) => declarations));
  const lines = paths.flatMap(({ name }, index) =>
    (names[index] ?? []).map((each) => `${name}: ${values[index]?.includes(each) ? '' : 'type '}${each}\n`),
  );
  // Written by: vitest run --project unit -u test/package/exports.test.ts
  await expect(lines.join('')).toMatchFileSnapshot('exports.txt');
  // A declaration that is missing could not be used.
  expect(values.flat().filter((each) => !names.flat().includes(each))).toEqual([]);
});

test('the root of core exports at most 110 names', async () => {
  const entries = listSubPaths().filter(({ name }) => name === '@pawl/core');
  const [names = []] = await exportsOf(entries.map(({ declarations }) => declarations));
  expect(names.length).toBeGreaterThan(90);
  expect(names.length).toBeLessThanOrEqual(110);
});

test('every export of a package has a name', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root });
  const starred = files.filter((file) => /^export (type )?\*/m.test(readFileSync(join(root, file), 'utf8')));
  expect(files.length).toBeGreaterThan(300);
  expect(starred).toEqual([]);
});

test('exactly the sub-paths of the sources are published', () => {
  for (const folder of [
    'ai-sdk',
    'cli',
    'core',
    'dbos',
    'inspector',
    'mcp',
    'otel',
    'responses',
    'serve',
    'testing',
    'tools',
  ]) {
    const { exports, publishConfig } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
    expect(Object.keys(publishConfig.exports)).toEqual(Object.keys(exports));
  }
});

/** A published file of core and everything that it loads on import. */
function loadedBy(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const path = join(root, 'packages', 'core', 'bundle', file);
  for (const [, from = ''] of readFileSync(path, 'utf8').matchAll(/^(?:import|export) (?:.*from )?"(.*)";$/gm)) {
    if (from.startsWith('./')) loadedBy(from.slice(2), seen);
    else seen.add(from);
  }
  return seen;
}

/** Imports from outside of core. */
function outside(loaded: ReadonlySet<string>): readonly string[] {
  return [...loaded].filter((name) => !name.endsWith('.js')).sort();
}

test('the published core loads no node: module on import, and only its dependencies and zod', () => {
  expect(outside(loadedBy('index.js'))).toEqual(['#transport', 'eventemitter3', 'eventsource-parser', 'zod/v4/core']);
  expect(outside(loadedBy('host.js'))).toEqual(['zod/v4/core']);
  expect(outside(loadedBy('zod3.js'))).toEqual(['zod-to-json-schema', 'zod/v4/core']);
  expect(outside(loadedBy('transport-global.js'))).toEqual(['zod/v4/core']);
  expect(outside(loadedBy('transport-node.js'))).toEqual(['zod/v4/core']);
  expect(outside(loadedBy('sqlite.js')).filter((name) => name.startsWith('node:'))).toEqual([
    'node:crypto',
    'node:fs',
    'node:os',
    'node:path',
    'node:url',
  ]); // The SQLite module is imported when a file is opened: Node 20 has none.
});

test('the published core has few files, since each costs time to import', () => {
  const files = (entry: string) => [...loadedBy(entry)].filter((name) => name.endsWith('.js')).sort();
  expect(files('index.js')).toEqual(['agent.js', 'base.js', 'client.js', 'index.js']);
  expect(files('host.js')).toEqual(['base.js', 'host.js']);
  expect(files('transport-node.js')).toEqual(['base.js', 'transport-node.js']);
});

let measured: readonly BundleResult[] = [];
beforeAll(async () => {
  measured = await measureSizes();
});

test('each entry point stays below its size limit in a bundle', () => {
  expect(measured.map(({ name }) => name)).toEqual(Object.keys(LIMITS));
  expect(measured.filter(({ name, size }) => size > (LIMITS[name] ?? 0))).toEqual([]);
  // A limit far above the size would prevent nothing.
  expect(measured.filter(({ name, size }) => size < (LIMITS[name] ?? 0) * 0.85)).toEqual([]);
});

test('a bundle with only `tool` has no client, no loop and no dependency except zod', () => {
  const alone = measured.find(({ name }) => name.startsWith('{ tool }'))?.modules ?? [];
  const files = alone.map((id) => /bundle\/(.*)$/.exec(id)?.[1] ?? id);
  expect(files.sort()).toEqual(['base.js', 'zod/v4/core']);
});
