// Installs the packed packages into empty projects: with three package managers, in two versions, and in bundles.
//   node scripts/try-installs.ts FOLDER      with the tarballs; after runtimes/main.ts, which brings Bun
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { tryBundles } from './installs/bundles.ts';
import { measureMebibytes, tryCommand } from './installs/command.ts';
import { createProject, installDependencies, type Project } from './installs/project.ts';
import { tryTwoVersions } from './installs/two-versions.ts';
import { run } from './run.ts';

const MAX_MEBIBYTES = 15;
const MAX_PACKAGES = 8;

/** Both majors of OpenTelemetry's SDK, each with the version of the API that it takes. */
const OTEL_SDKS: readonly (readonly [name: string, packages: Readonly<Record<string, string>>])[] = [
  [
    'otel-2',
    {
      '@opentelemetry/sdk-trace-base': '2.12.1',
      '@opentelemetry/context-async-hooks': '2.12.1',
      '@opentelemetry/api': '^1.9.0',
    },
  ],
  [
    'otel-3',
    {
      '@opentelemetry/sdk-trace': '3.1.1',
      '@opentelemetry/context-async-hooks': '3.1.1',
      '@opentelemetry/api': '^1.10.0',
    },
  ],
];

const root = join(import.meta.dirname, '..');
const given = process.argv[2];
if (given === undefined) throw new Error('Pass the folder of the tarballs: node scripts/try-installs.ts FOLDER');
const tarballs = resolve(given);
const { packageManager: pnpm }: { readonly packageManager: string } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const arch = process.arch === 'arm64' ? 'aarch64' : 'x64';
const bun = join(root, 'runtimes', 'app', 'node_modules', '@oven', `bun-linux-${arch}`, 'bin', 'bun');
const signal = AbortSignal.timeout(300_000);
const folder = mkdtempSync(join(tmpdir(), 'pawl-installs-'));
try {
  const all = Object.fromEntries(readdirSync(tarballs).flatMap(packPackage));
  const core = String(all['@pawl/core']);
  for (const file of readdirSync(tarballs).filter((name) => name.endsWith('.tgz'))) await checkContents(file);
  const npm = createTestProject('npm', all);
  await installDependencies(npm);
  await run(process.execPath, ['try-packages.mjs'], npm);
  await checkStack(npm);
  await checkTypes(npm.cwd);
  for (const [name, sdk] of OTEL_SDKS) {
    const dependencies = { ...all, zod: '^4.0.0', ...sdk };
    const traced = createProject(join(folder, name), { dependencies, files: ['try-otel.mjs'], signal });
    await installDependencies(traced);
    await run(process.execPath, ['try-otel.mjs', String(Object.keys(sdk)[0])], traced);
  }
  const ofPnpm = createTestProject('pnpm', all, all);
  await run('npx', ['--yes', String(pnpm.split('+')[0]), 'install'], ofPnpm);
  await run(process.execPath, ['try-packages.mjs'], ofPnpm);
  const ofBun = createTestProject('bun', all, all);
  await run(bun, ['install'], ofBun);
  await run(bun, ['try-packages.mjs'], ofBun);
  const small = createProject(join(folder, 'small'), {
    dependencies: { '@pawl/core': core, zod: '^4.0.0' },
    files: [],
    signal,
  });
  await installDependencies(small);
  const coreMebibytes = checkWeight(small.cwd);
  await tryCommand({ folder, packages: all, coreMebibytes, signal });
  await tryTwoVersions({ folder, tarball: core.replace(/^file:/, ''), peer: String(all['@pawl/tools']), signal });
  // The engine of dbos loads optional packages, which no bundler can resolve; the command is a program.
  const { '@pawl/dbos': _, '@pawl/cli': __, ...bundled } = all;
  await tryBundles({ folder, packages: { ...bundled, '@opentelemetry/api': '^1.9.0', zod: '^4.0.0' }, signal });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log('packages: installed by npm, pnpm and Bun into empty projects, in two versions, and in bundles, they run');

function packPackage(file: string): readonly (readonly [string, string])[] {
  const [, name] = /^pawl-([a-z-]+)-\d.*\.tgz$/.exec(file) ?? [];
  return name === undefined ? [] : [[`@pawl/${name}`, `file:${join(tarballs, file)}`]];
}

function createTestProject(
  name: string,
  packages: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, string>> = {},
): Project {
  const dependencies = { ...packages, '@opentelemetry/api': '^1.9.0', zod: '^4.0.0' };
  const files = ['try-packages.mjs', 'try-stack.mjs', 'bundled-app.mjs'];
  return createProject(join(folder, name), { dependencies, overrides, files, signal });
}

/** Checks that a tarball has no build files, has the files that npm shows, and has the sources of its source maps. */
async function checkContents(file: string): Promise<void> {
  const cwd = mkdtempSync(join(folder, 'contents-'));
  await run('tar', ['-xzf', join(tarballs, file), '--strip-components=1'], { cwd, env: process.env, signal });
  const paths = readdirSync(cwd, { recursive: true, encoding: 'utf8' });
  const wrong = paths.filter((path) => /\.(test|fixture)\.|tsbuildinfo|node_modules/.test(path));
  const needed = ['LICENSE', 'README.md', 'package.json', ...paths.flatMap((path) => listSources(path, cwd))];
  const missing = needed.filter((name) => !paths.includes(name));
  if (wrong.length + missing.length === 0) return;
  throw new Error(`${file} has ${wrong.join(', ') || 'nothing wrong'}, and lacks ${missing.join(', ') || 'nothing'}.`);
}

/** Lists the sources of a source map that does not contain their text. */
function listSources(path: string, cwd: string): readonly string[] {
  if (!path.endsWith('.js.map')) return [];
  const { sources, sourcesContent }: SourceMap = JSON.parse(readFileSync(join(cwd, path), 'utf8'));
  return sourcesContent === undefined ? sources.map((source) => join(dirname(path), source)) : [];
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly string[];
}

/** Checks that stacks of every package lead to the sources, by Node's source maps. */
async function checkStack(npm: Project): Promise<void> {
  const output = await run(process.execPath, ['--enable-source-maps', 'try-stack.mjs'], npm);
  for (const name of [
    'core/src/tool/tool.ts',
    'testing/src/script/script.ts',
    'tools/src/files/resolve-roots.ts',
    'dbos/src/',
    'otel/src/telemetry.ts',
    'ai-sdk/src/from-ai-sdk.ts',
    'responses/src/check-options.ts',
    'mcp/src/client/options.ts',
    'serve/src/options.ts',
  ]) {
    if (!output.includes(name)) throw new Error(`No stack leads to ${name}:\n${output}`);
  }
}

/** Checks the types, including the declarations of all packages. */
async function checkTypes(cwd: string): Promise<void> {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const typeRoots = join(root, 'node_modules', '@types');
  const options = ['--noEmit', '--allowJs', '--checkJs', '--strict', '--target', 'es2023', '--skipLibCheck', 'false'];
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    const flags = ['--module', module, '--moduleResolution', resolution, '--types', 'node', '--typeRoots', typeRoots];
    const files = ['try-packages.mjs', 'try-stack.mjs', 'bundled-app.mjs'];
    await run(tsc, [...options, ...flags, ...files], { cwd, env: process.env, signal });
  }
}

/** Checks the size of an installation of core with zod. Returns it in mebibytes. */
function checkWeight(cwd: string): number {
  const modules = join(cwd, 'node_modules');
  const mebibytes = measureMebibytes(modules);
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
  const count = Object.keys(packages).length;
  const weight = `core with zod: ${mebibytes.toFixed(1)} MiB, ${count} packages`;
  console.log(`packages: ${weight}`);
  if (mebibytes > MAX_MEBIBYTES || count > MAX_PACKAGES)
    throw new Error(
      `An installation is too large: ${weight}. At most: ${MAX_MEBIBYTES} MiB, ${MAX_PACKAGES} packages.`,
    );
  return mebibytes;
}
