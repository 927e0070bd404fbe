import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from './run.ts';

const root = join(import.meta.dirname, '..');

/** Where the suite runs: a project beside the workspace, with what a user would install. */
export const app: string = join(import.meta.dirname, 'app');

const modules = join(app, 'node_modules');

/** Installs the runtimes, once per lockfile, and beside them core as it is published; and brings the suite there. */
export async function prepare(signal: AbortSignal): Promise<void> {
  const stamp = join(modules, '.setup');
  const wanted = createHash('sha256')
    .update(readFileSync(join(app, 'package-lock.json')))
    .digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    console.log('runtimes: npm ci');
    await run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], { cwd: app, env: machine(), signal });
    writeFileSync(stamp, wanted);
  }
  await unpackCore(signal);
  rmSync(join(app, 'suite'), { recursive: true, force: true });
  cpSync(join(import.meta.dirname, 'suite'), join(app, 'suite'), { recursive: true });
}

/** Packed by pnpm, which applies `publishConfig`. */
async function unpackCore(signal: AbortSignal): Promise<void> {
  const { packageManager }: { readonly packageManager: string } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const packed = mkdtempSync(join(tmpdir(), 'pawl-runtimes-'));
  try {
    const args = ['--yes', packageManager, '--filter', '@pawl/core', 'pack', '--pack-destination', packed];
    await run('npx', args, { cwd: root, env: machine(), signal });
    const [tarball] = readdirSync(packed);
    if (tarball === undefined) throw new Error('pnpm packed nothing.');
    const core = join(modules, '@pawl', 'core');
    rmSync(core, { recursive: true, force: true });
    mkdirSync(core, { recursive: true });
    execFileSync('tar', ['-xzf', join(packed, tarball), '-C', core, '--strip-components=1']);
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
}

/** npm finds its settings beside the node that runs it, which has to be the machine's own and not the one of the lockfile. */
function machine(): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join('node_modules', '.bin')));
  return { ...process.env, PATH: path.join(delimiter), CI: '1', npm_config_update_notifier: 'false' };
}
