import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', 'packages', 'tools');
const { exports }: { readonly exports: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
); // Names as packages have them.
const tools = Object.entries(exports).filter(([name, file]) => name !== '.' && file.endsWith('.ts'));

/** The dependencies of each tool. */
const ALWAYS = ['@pawl/core', 'zod'];

/** Optional dependencies of some tools. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  './edit-file': ['diff'],
  './fetch-page': ['ipaddr.js', 'robots-parser'], // The page converter runs in a worker thread and is part of the package.
  './http-request': ['ipaddr.js'],
  './search-files': ['re2js'],
  './web-search': ['ipaddr.js'],
  './write-file': ['diff'],
};

test.each(tools)('%s loads no dependency of another tool', (name, file) => {
  const loaded = loadedBy(join(root, file));
  const imports = [...loaded].filter((each) => !each.startsWith('/') && !each.startsWith('node:'));
  const packages = new Set(imports.map(getPackageName));
  expect([...packages].sort()).toEqual([...ALWAYS, ...(OWN[name] ?? [])].sort());
});

test.each(tools)('%s loads no other tool', (_, file) => {
  const loaded = loadedBy(join(root, file));
  const others = tools.map(([, other]) => join(root, other)).filter((other) => other !== join(root, file));
  expect(others.filter((other) => loaded.has(other))).toEqual([]);
});

/** `@pawl/core/chat` is a part of `@pawl/core`. */
function getPackageName(path: string): string {
  return path.split('/', path.startsWith('@') ? 2 : 1).join('/');
}

const IMPORT = /^(?:import|export)\s(?:[\w*{}\s,$]+\sfrom)?\s*'([^']+)'/gm;

/** Files and packages that a file loads on import, directly or not. Types do not count. */
function loadedBy(file: string, loaded: Set<string> = new Set()): ReadonlySet<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  const source = stripTypeScriptTypes(readFileSync(file, 'utf8'));
  for (const [, from = ''] of source.matchAll(IMPORT)) {
    if (from.startsWith('.')) loadedBy(join(file, '..', from), loaded);
    else loaded.add(from);
  }
  return loaded;
}
