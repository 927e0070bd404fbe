import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as core from '@pawl/core';
import * as host from '@pawl/core/host';
import * as middleware from '@pawl/core/middleware';
import * as sqlite from '@pawl/core/sqlite';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twoCopiesCases } from '../../scripts/two-copies/cases.ts';
import type { Copies, Copy } from '../../scripts/two-copies/copies.ts';

const packageFolder = join(import.meta.dirname, '..', '..', 'packages', 'core');
const a: Copy = { core, host, middleware, sqlite };
let b: Copy;
let copyFolder: string;

beforeAll(async () => {
  // Below core's own node_modules, where its dependencies are found.
  mkdirSync(join(packageFolder, 'node_modules', '.cache'), { recursive: true });
  copyFolder = mkdtempSync(join(packageFolder, 'node_modules', '.cache', 'copy-'));
  b = await copyOfCore(copyFolder);
});

afterAll(() => {
  rmSync(copyFolder, { recursive: true, force: true });
});

/** A second bundle of the sources: its classes and symbols differ. */
async function copyOfCore(folder: string): Promise<Copy> {
  const source = (path: string): string => join(packageFolder, 'src', path);
  const bundle = await rolldown({
    input: {
      core: source('index.ts'),
      host: source('host.ts'),
      middleware: source('middleware.ts'),
      sqlite: source('sqlite/sqlite.ts'),
    },
    platform: 'node',
    external: /^[^./#]/,
    resolve: { alias: { '#transport': source('openai/transport/create-undici-transport.ts') } },
  });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].js' });
  await bundle.close();
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(folder, `${name}.js`)).href);
  const names = ['core', 'host', 'middleware', 'sqlite'];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await load(name)]))) as Copy; // The bundled files.
}

async function ran(run: (copies: Copies) => Promise<unknown>): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-copies-'));
  try {
    return await run({ a, b, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the two copies differ', () => {
  expect(b.core.PawlError).not.toBe(a.core.PawlError);
  expect(new b.core.ConfigError('Wrong.')).not.toBeInstanceOf(a.core.ConfigError);
});

test('each copy recognizes the errors of the other', () => {
  for (const [one, other] of [
    [a.core, b.core],
    [b.core, a.core],
  ] as const) {
    const error = new one.HttpError('No.', { status: 400 });
    expect(error).not.toBeInstanceOf(other.HttpError);
    expect(other.HttpError.isInstance(error)).toBe(true);
    expect(other.ModelError.isInstance(error)).toBe(true);
    expect(other.NetworkError.isInstance(error)).toBe(false);
  }
});

test.each(twoCopiesCases)('with two copies of core, $name', async ({ run, expected }) => {
  expect(await ran(run)).toEqual(expected);
});
