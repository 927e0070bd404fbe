import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run.ts';

const root = join(import.meta.dirname, '..');

/** Packs core into a file, as it is published. */
export function packCore(file: string, signal: AbortSignal): Promise<void> {
  return packPackage('@pawl/core', { file, signal });
}

export interface PackOptions {
  readonly file: string;
  readonly signal: AbortSignal;
}

/** Packs a package into a file, as it is published: by pnpm, which applies `publishConfig`. */
export async function packPackage(name: string, { file, signal }: PackOptions): Promise<void> {
  const manifest: { readonly packageManager: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packed = mkdtempSync(join(dirname(file), '.pack-'));
  try {
    const args = ['--yes', manifest.packageManager, '--filter', name, 'pack', '--pack-destination', packed];
    await run('npx', args, { cwd: root, env: getMachineEnvironment(), signal });
    const [tarball] = readdirSync(packed);
    if (tarball === undefined) throw new Error('pnpm packed nothing.');
    renameSync(join(packed, tarball), file);
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
}

/** Returns the environment without the Node of the lockfile: npm finds its settings next to the Node that runs it, which must be the machine's. */
export function getMachineEnvironment(): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join('node_modules', '.bin')));
  return { ...process.env, PATH: path.join(delimiter), CI: '1', npm_config_update_notifier: 'false' };
}
