import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { getMachineEnvironment, packCore } from '../../scripts/pack.ts';
import { run } from '../../scripts/run.ts';
import { type ContestantEntry, contestants, PAWL, selectPackages } from './contestants.ts';

const MAX_DURATION_MS = 300_000;

/** Installs the contestants that are always measured: the loops from their lockfiles, and Pawl as packed for publishing. */
export async function installContestants(): Promise<void> {
  for (const entry of selectPackages(contestants)) {
    if (entry.name === PAWL) await installPawl(entry);
    else await installLocked(entry);
  }
}

/** Installs peers. A peer that fails to install is reported and left out. */
export async function installPeers(entries: readonly ContestantEntry[]): Promise<void> {
  for (const entry of selectPackages(entries)) {
    try {
      await installLocked(entry);
    } catch (error) {
      console.error(`${basename(entry.folder)} could not be installed and is left out. ${error}`);
    }
  }
}

async function installPawl({ folder }: ContestantEntry): Promise<void> {
  const tarball = join(folder, 'core.tgz');
  await packCore(tarball, AbortSignal.timeout(MAX_DURATION_MS));
  await installOnce(folder, { of: tarball, args: ['install', '--no-package-lock'] });
}

// The lockfiles are made by `npm install --package-lock-only --omit-lockfile-registry-resolved`.
function installLocked({ folder }: ContestantEntry): Promise<void> {
  return installOnce(folder, { of: join(folder, 'package-lock.json'), args: ['ci'] });
}

/** Installs once for each content of a file. */
async function installOnce(
  folder: string,
  { of, args }: { readonly of: string; readonly args: readonly string[] },
): Promise<void> {
  const stamp = join(folder, 'node_modules', '.setup');
  const wanted = createHash('sha256').update(readFileSync(of)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error(`bench: npm ${args[0]} of ${basename(folder)}`);
  const quietly = ['--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'];
  const signal = AbortSignal.timeout(MAX_DURATION_MS);
  // Each pack of Pawl has the same version, so npm would keep an installed older one.
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  await run('npm', [...args, ...quietly], { cwd: folder, env: getMachineEnvironment(), signal });
  writeFileSync(stamp, wanted);
}
