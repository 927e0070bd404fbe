import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getMachineEnvironment, packPackage } from '../scripts/pack.ts';
import { run } from '../scripts/run.ts';

/** The folder of the suite: a project outside the workspace, with the packages that a user would install. */
export const app: string = join(import.meta.dirname, 'app');

const modules = join(app, 'node_modules');

/** Installs the runtimes, once for each lockfile, and core and serve as packed for publishing, with what serve depends on. Copies the suite there. */
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
  for (const name of ['core', 'responses', 'serve']) await unpackPackage(name, signal);
  rmSync(join(app, 'suite'), { recursive: true, force: true });
  cpSync(join(import.meta.dirname, 'suite'), join(app, 'suite'), { recursive: true });
}

async function unpackPackage(name: string, signal: AbortSignal): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'pawl-runtimes-'));
  try {
    const tarball = join(scratch, `${name}.tgz`);
    await packPackage(`@pawl/${name}`, { file: tarball, signal });
    const folder = join(modules, '@pawl', name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
