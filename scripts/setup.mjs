// Installs the workspace from pnpm-lock.yaml, once per lockfile. Plain JavaScript: this file runs on whatever Node is
// there (18 or later); the scripts that follow run on the Node that the lockfile pins, in node_modules/.bin.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, 'node_modules', '.bin', 'node');
const stamp = join(root, 'node_modules', '.setup');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const state = createHash('sha256').update(`${process.platform} ${process.arch} ${packageManager}\n`);
for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) state.update(readFileSync(join(root, file)));
const want = state.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== want) {
  // --trust-lockfile: the lockfile is reviewed in git, so no publish dates are fetched again (on a machine whose clock
  // lags, every package would count as too new).
  const install = ['install', '--frozen-lockfile', '--trust-lockfile', '--reporter=append-only'];
  const inPnpm = /^pnpm\/1[1-9]\./.test(process.env.npm_config_user_agent ?? '') && process.env.npm_execpath;
  const [command, ...args] = inPnpm
    ? [process.env.npm_execpath, ...install]
    : ['npx', '--yes', packageManager.split('+')[0], ...install];
  console.log(`setup: ${[command, ...args].join(' ')}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // CI: pnpm must never stop to ask a question.
    env: { ...process.env, CI: '1', npm_config_update_notifier: 'false' },
    shell: process.platform === 'win32',
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error(`setup failed: ${error?.message ?? `exit code ${status}`}`);
    process.exit(status || 1);
  }
  // The bundled Node needs glibc. Where it does not start (Alpine), the installed one takes over.
  if (existsSync(node) && spawnSync(node, ['--version']).status !== 0) rmSync(node);
  writeFileSync(stamp, want);
}

if (!existsSync(node)) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 19)) {
    console.error(`Node 22.19 or later is needed here; this is ${process.version}.`);
    process.exit(1);
  }
}
