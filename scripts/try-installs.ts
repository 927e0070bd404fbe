// Installs the packed packages as users do, into empty projects, and runs scripts/try-packages.mjs in each.
//   node scripts/try-installs.ts FOLDER      with the tarballs; after runtimes/main.ts, which brings Bun
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { machineEnvironment } from './pack.ts';
import { run } from './run.ts';

const MOST_MEBIBYTES = 14;
const MOST_PACKAGES = 8;

const root = join(import.meta.dirname, '..');
const given = process.argv[2];
if (given === undefined) throw new Error('Which folder are the tarballs in? node scripts/try-installs.ts FOLDER');
const tarballs = resolve(given);
const { packageManager: pnpm }: { readonly packageManager: string } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const arch = process.arch === 'arm64' ? 'aarch64' : 'x64';
const bun = join(root, 'runtimes', 'app', 'node_modules', '@oven', `bun-linux-${arch}`, 'bin', 'bun');
const signal = AbortSignal.timeout(120_000);
const projects = mkdtempSync(join(tmpdir(), 'pawl-installs-'));
try {
  const all = Object.fromEntries(readdirSync(tarballs).flatMap(packageIn));
  for (const file of readdirSync(tarballs).filter((name) => name.endsWith('.tgz'))) await checkContents(file);
  const npm = project('npm', all);
  await run('npm', ['install', '--no-audit', '--no-fund', '--silent'], npm);
  await run(process.execPath, ['try-packages.mjs'], npm);
  await checkTypes(npm.cwd);
  const ofPnpm = project('pnpm', all);
  await run('npx', ['--yes', String(pnpm.split('+')[0]), 'install'], ofPnpm);
  await run(process.execPath, ['try-packages.mjs'], ofPnpm);
  const ofBun = project('bun', all);
  await run(bun, ['install'], ofBun);
  await run(bun, ['try-packages.mjs'], ofBun);
  const small = project('small', { '@pawl/core': String(all['@pawl/core']) });
  await run('npm', ['install', '--no-audit', '--no-fund', '--silent'], small);
  checkWeight(small.cwd);
} finally {
  rmSync(projects, { recursive: true, force: true });
}
console.log('packages: installed by npm, pnpm and Bun into empty projects, they run');

function packageIn(file: string): readonly (readonly [string, string])[] {
  const [, name] = /^pawl-(\w+)-.*\.tgz$/.exec(file) ?? [];
  return name === undefined ? [] : [[`@pawl/${name}`, `file:${join(tarballs, file)}`]];
}

/** Nothing that is of the making only, and what npm shows. */
async function checkContents(file: string): Promise<void> {
  const text = await run('tar', ['-tzf', join(tarballs, file)], { cwd: tarballs, env: process.env, signal });
  const paths = text.trim().split('\n');
  const wrong = paths.filter((path) => /\.(test|fixture)\.|tsbuildinfo|node_modules/.test(path));
  const missing = ['LICENSE', 'README.md', 'package.json'].filter((name) => !paths.includes(`package/${name}`));
  if (wrong.length + missing.length > 0)
    throw new Error(
      `${file} has ${wrong.join(', ') || 'nothing wrong'}, and lacks ${missing.join(', ') || 'nothing'}.`,
    );
}

interface Project {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The packages need core at a version that no registry has yet: the overrides say where it is. pnpm reads them elsewhere. */
function project(name: string, packages: Readonly<Record<string, string>>): Project {
  const cwd = join(projects, name);
  mkdirSync(cwd);
  const overrides = { '@pawl/core': packages['@pawl/core'] };
  const manifest = { private: true, type: 'module', dependencies: { ...packages, zod: '^4.0.0' }, overrides };
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(cwd, 'pnpm-workspace.yaml'), JSON.stringify({ overrides }));
  copyFileSync(join(import.meta.dirname, 'try-packages.mjs'), join(cwd, 'try-packages.mjs'));
  return { cwd, env: machineEnvironment(), signal };
}

/** With the declarations of all packages looked through as well. */
async function checkTypes(cwd: string): Promise<void> {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const typeRoots = join(root, 'node_modules', '@types');
  const options = ['--noEmit', '--allowJs', '--checkJs', '--strict', '--target', 'es2023', '--skipLibCheck', 'false'];
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const flags = ['--module', module, '--moduleResolution', resolution, '--types', 'node', '--typeRoots', typeRoots];
    await run(tsc, [...options, ...flags, 'try-packages.mjs'], { cwd, env: process.env, signal });
  }
}

/** Of core with zod, in blocks of the disk. */
function checkWeight(cwd: string): void {
  const modules = join(cwd, 'node_modules');
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).map((path) =>
    statSync(join(modules, path)),
  );
  const mebibytes = files.reduce((sum, file) => sum + (file.isFile() ? file.blocks * 512 : 0), 0) / 2 ** 20;
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
  const count = Object.keys(packages).length;
  const weight = `core with zod: ${mebibytes.toFixed(1)} MiB, ${count} packages`;
  console.log(`packages: ${weight}`);
  if (mebibytes > MOST_MEBIBYTES || count > MOST_PACKAGES)
    throw new Error(
      `An install weighs too much: ${weight}. At most: ${MOST_MEBIBYTES} MiB, ${MOST_PACKAGES} packages.`,
    );
}
