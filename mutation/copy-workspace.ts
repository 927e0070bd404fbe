import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The package scope whose links have to lead into the copy. */
const OURS = '@pawl';

/**
 * Copies the workspace, uncommitted files included, and returns the folder. Mutated code is written there only.
 * Dependencies are links to the workspace's; our own packages link to the copies.
 */
export function copyWorkspace(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'pawl-mutation-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  }).split('\0');
  for (const file of files) {
    if (file === '' || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(root, file), join(copy, file));
  }
  for (const folder of ['.', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))]) {
    linkModules(join(root, folder, 'node_modules'), join(copy, folder, 'node_modules'), copy);
  }
  return copy;
}

function linkModules(from: string, to: string, copy: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    // Caches are the workspace's own: what is compiled from mutated code stays out of them.
    if (name === OURS || name === '.cache' || name.startsWith('.vi')) continue;
    symlinkSync(join(from, name), join(to, name));
  }
  if (!existsSync(join(from, OURS))) return;
  mkdirSync(join(to, OURS));
  for (const name of readdirSync(join(from, OURS))) symlinkSync(join(copy, 'packages', name), join(to, OURS, name));
}
