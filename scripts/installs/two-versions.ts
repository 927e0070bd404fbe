import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { run } from '../run.ts';
import { twoCopiesCases } from '../two-copies/cases.ts';
import type { Copy } from '../two-copies/copies.ts';
import { createProject, installDependencies, type Project } from './project.ts';

export interface TwoVersionsOptions {
  /** The folder for the projects. */
  readonly folder: string;
  /** Core, packed. */
  readonly tarball: string;
  /** A package that has core as a peer dependency. */
  readonly peer: string;
  readonly signal: AbortSignal;
}

/**
 * Checks that two versions of core work together in one application, as when a package depends on a core of its own. The packages of Pawl have
 * core as a peer dependency: npm refuses to install them with a core outside their range.
 */
export async function tryTwoVersions({ folder, tarball, peer, signal }: TwoVersionsOptions): Promise<void> {
  const other = await createOtherVersion(folder, { tarball, signal });
  const unfit = createProject(join(folder, 'unfit'), {
    dependencies: { '@pawl/core': `file:${other}`, '@pawl/peer': peer, zod: '^4.0.0' },
    signal,
  });
  const refusal = await installDependencies(unfit).catch(String);
  if (!String(refusal).includes('ERESOLVE'))
    throw new Error(`npm installs a package with a core that its peer range excludes: ${refusal}`);
  const dependencies = { '@pawl/core': `file:${tarball}`, 'other-core': `file:${other}`, zod: '^4.0.0' };
  const project = createProject(join(folder, 'two-versions'), { dependencies, signal });
  await installDependencies(project);
  const [a, b] = [await loadCopy('@pawl/core', project), await loadCopy('other-core', project)];
  if (a.core.PawlError === b.core.PawlError) throw new Error('Both names load the same copy of core.');
  for (const { name, run, expected } of twoCopiesCases) {
    const result = await run({ a, b, folder: mkdtempSync(join(folder, 'case-')) });
    if (isDeepStrictEqual(result, expected)) continue;
    throw new Error(
      `With two versions of core, ${name} is broken:\n${JSON.stringify(result)}\nexpected:\n${JSON.stringify(expected)}`,
    );
  }
}

/** Packs the same package as version 0.2.0. */
async function createOtherVersion(
  folder: string,
  { tarball, signal }: Pick<TwoVersionsOptions, 'tarball' | 'signal'>,
): Promise<string> {
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  const options = { cwd: unpacked, env: process.env, signal };
  await run('tar', ['-xzf', tarball], options);
  const manifest = join(unpacked, 'package', 'package.json');
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), version: '0.2.0' }));
  const file = join(folder, 'other-core.tgz');
  await run('tar', ['-czf', file, 'package'], options);
  return file;
}

/** Loads a copy of core into this process. */
async function loadCopy(name: string, { cwd }: Project): Promise<Copy> {
  const { resolve } = createRequire(join(cwd, 'package.json'));
  const load = (path: string): Promise<unknown> => import(pathToFileURL(resolve(path)).href);
  const [core, host, sqlite] = [await load(name), await load(`${name}/host`), await load(`${name}/sqlite`)];
  const middleware = await load(`${name}/middleware`);
  return { core, host, middleware, sqlite } as Copy; // The package was packed from the sources of the type.
}
