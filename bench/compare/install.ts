import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { getMachineEnvironment, packCore } from '../../scripts/pack.ts';
import { run } from '../../scripts/run.ts';
import { contestants, type Entry, PAWL, packagesOf } from './contestants.ts';

const CAP_MS = 300_000;

/** What is always measured: the loops by hand from their lockfiles, and Pawl as it would be published now. */
export async function installContestants(): Promise<void> {
  for (const entry of packagesOf(contestants)) {
    if (entry.name === PAWL) await installPawl(entry);
    else await installLocked(entry);
  }
}

/** One that does not install is told, and left out. */
export async function installPeers(entries: readonly Entry[]): Promise<void> {
  for (const entry of packagesOf(entries)) {
    try {
      await installLocked(entry);
    } catch (error) {
      console.error(`${basename(entry.folder)} could not be installed and is left out. ${error}`);
    }
  }
}

async function installPawl({ folder }: Entry): Promise<void> {
  const tarball = join(folder, 'core.tgz');
  await packCore(tarball, AbortSignal.timeout(CAP_MS));
  await installOnce(folder, { of: tarball, args: ['install', '--no-package-lock'] });
}

// The lockfiles are made by `npm install --package-lock-only --omit-lockfile-registry-resolved`.
function installLocked({ folder }: Entry): Promise<void> {
  return installOnce(folder, { of: join(folder, 'package-lock.json'), args: ['ci'] });
}

/** Once for each state of a file. */
async function installOnce(
  folder: string,
  { of, args }: { readonly of: string; readonly args: readonly string[] },
): Promise<void> {
  const stamp = join(folder, 'node_modules', '.setup');
  const wanted = createHash('sha256').update(readFileSync(of)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error(`bench: npm ${args[0]} of ${basename(folder)}`);
  const quietly = ['--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'];
  const signal = AbortSignal.timeout(CAP_MS);
  // Each pack of Pawl is another file of the same version, for which npm would keep what is there.
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  await run('npm', [...args, ...quietly], { cwd: folder, env: getMachineEnvironment(), signal });
  writeFileSync(stamp, wanted);
}
