import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { peersFolder } from './frameworks.ts';

/** Installs the frameworks, once for each lockfile. */
export function installPeers(): void {
  const stamp = join(peersFolder, 'node_modules', '.setup');
  const lockfile = readFileSync(join(peersFolder, 'package-lock.json'));
  const wanted = createHash('sha256').update(lockfile).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('faults: npm ci, in bench/faults/peers');
  // npm reads its settings from the folder of the node that runs it, so the machine's own node must run it.
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join('node_modules', '.bin')));
  const env = { ...process.env, PATH: path.join(delimiter) };
  execFileSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: peersFolder,
    env,
    stdio: 'inherit',
  });
  writeFileSync(stamp, wanted);
}
