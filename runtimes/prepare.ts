import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getMachineEnvironment, packCore } from '../scripts/pack.ts';
import { run } from '../scripts/run.ts';

/** The folder of the suite: a project outside the workspace, with the packages that a user would install. */
export const app: string = join(import.meta.dirname, 'app');

const modules = join(app, 'node_modules');

/** Installs the runtimes, once for each lockfile, and core as packed for publishing. Copies the suite there. */
export async function prepare(signal: AbortSignal): Promise<void> {
  const stamp = join(modules, '.setup');
  const wanted = createHash('sha256')
    .update(readFileSync(join(app, 'package-lock.json')))
    .digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log('runtimes: npm ci');
    await run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
      cwd: app,
      env: getMachineEnvironment(),
      signal,
    });
    writeFileSync(stamp, wanted);
  }
  await unpackCore(signal);
  rmSync(join(app, 'suite'), { recursive: true, force: true });
  cpSync(join(import.meta.dirname, 'suite'), join(app, 'suite'), { recursive: true });
}

async function unpackCore(signal: AbortSignal): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'pawl-runtimes-'));
  try {
    const tarball = join(scratch, 'core.tgz');
    await packCore(tarball, signal);
    const core = join(modules, '@pawl', 'core');
    rmSync(core, { recursive: true, force: true });
    mkdirSync(core, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', core, '--strip-components=1']);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
