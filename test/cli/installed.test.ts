import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { beforeAll, expect, test } from 'vitest';
import { createFolder, runCommand } from './run-command.ts';
import { spawnToEnd } from './spawn-command.ts';

const PACKAGES = join(import.meta.dirname, '../../packages');
const { version } = JSON.parse(readFileSync(join(PACKAGES, 'cli/package.json'), 'utf8'));
const [major, minor] = version.split('.').map(Number);
const OTHER_PATCH = `${major}.${minor}.999`;
const OTHER_RANGE = major === 0 ? `0.${minor + 1}` : String(major + 1);
const OTHER_VERSION = `${OTHER_RANGE}.0${major === 0 ? '' : '.0'}`;

/** The command in JavaScript: Node strips no types below node_modules. */
let files: readonly { readonly name: string; readonly code: string }[];

beforeAll(async () => {
  const build = await rolldown({ input: join(PACKAGES, 'cli/src/bin.ts'), platform: 'node', external: /^[^./]/ });
  const { output } = await build.generate({ format: 'esm' });
  await build.close();
  files = output.flatMap((file) => (file.type === 'chunk' ? [{ name: file.fileName, code: file.code }] : []));
});

interface Installation {
  readonly cli?: string;
  /** @defaultValue that of the workspace */
  readonly core?: string;
}

/** A project with packages in its node_modules, as npm installs them. Resolves its folder. */
function install({ cli, core }: Installation): string {
  const project = createFolder();
  const scope = join(project, 'node_modules/@pawl');
  mkdirSync(scope, { recursive: true });
  for (const name of ['serve', 'inspector', ...(core === undefined ? ['core'] : [])])
    symlinkSync(join(PACKAGES, name), join(scope, name));
  if (core !== undefined) writePackage(join(scope, 'core'), { name: '@pawl/core', version: core });
  if (cli !== undefined) {
    const folder = join(scope, 'cli');
    writePackage(folder, { name: '@pawl/cli', version: cli, type: 'module', bin: { pawl: './dist/bin.js' } });
    mkdirSync(join(folder, 'dist'));
    for (const { name, code } of files) writeFileSync(join(folder, 'dist', name), code);
  }
  writeFileSync(join(project, 'agent.js'), 'export const agent = { name: "a", run: () => {}, resume: () => {} };');
  return project;
}

function writePackage(folder: string, manifest: object): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
}

test('the command that is installed in the project takes over from the one of npx, below its folder too', async () => {
  const cwd = join(install({ cli: OTHER_PATCH }), 'src');
  mkdirSync(cwd);
  expect(await spawnToEnd(['--version'], { cwd })).toEqual({ code: 0, stdout: `${OTHER_PATCH}\n`, stderr: '' });
  const listed = await spawnToEnd(['runs', '--frobnicate'], { cwd });
  expect(listed).toMatchObject({ code: 2, stderr: expect.stringContaining('pawl runs list has no option') });
});

test('a project without the command is run by the one that was called', async () => {
  expect(await spawnToEnd(['--version'], { cwd: install({}) })).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test('an agent whose project has a core of another range is refused with the command that helps', async () => {
  const cwd = install({ core: OTHER_VERSION });
  const expected = `pawl: The project of the agent has @pawl/core ${OTHER_VERSION}, and this is @pawl/cli ${version}. Install the CLI of that version in the project: npm install --save-dev @pawl/cli@${OTHER_RANGE}\n`;
  expect(await runCommand(['run', 'agent.js', 'hello'], { cwd })).toEqual({ code: 3, stdout: '', stderr: expected });
  const { code, stdout } = await runCommand(['run', 'agent.js', 'hello', '--json'], { cwd });
  expect({ code, error: JSON.parse(stdout).error.code }).toEqual({ code: 3, error: 'config.invalid' });
});

test('a command beside a core of another range refuses to work, and still shows its help', async () => {
  const cwd = install({ cli: OTHER_PATCH, core: OTHER_VERSION });
  expect(await spawnToEnd(['runs'], { cwd })).toEqual({
    code: 3,
    stdout: '',
    stderr: `pawl: This is @pawl/cli ${OTHER_PATCH}, and the @pawl/core beside it is ${OTHER_VERSION}. Install those of one version: npm install @pawl/core@${OTHER_RANGE} @pawl/cli@${OTHER_RANGE}\n`,
  });
  expect(await spawnToEnd(['help', 'runs'], { cwd })).toMatchObject({ code: 0, stderr: '' });
});
