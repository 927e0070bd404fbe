import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.ts';
import { createProject, installDependencies, type Project } from './project.ts';

export interface CommandInstall {
  /** The folder for the projects. */
  readonly folder: string;
  /** The packed packages by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** The size of an installation of core with zod. */
  readonly coreMebibytes: number;
  readonly signal: AbortSignal;
}

/** What the command may add to an installation of core, with its peers. */
const MAX_MEBIBYTES = 4;
const MAX_SECONDS = 60;

/** Goes from an empty folder to the first answer without a key, as `npx @pawl/cli init` leads a user. */
export async function tryCommand({ folder, packages, coreMebibytes, signal }: CommandInstall): Promise<void> {
  const pick = (...names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [`@pawl/${name}`, String(packages[`@pawl/${name}`])]));
  const tool = createProject(join(folder, 'command'), {
    dependencies: { ...pick('cli', 'core', 'responses', 'serve', 'inspector'), zod: '^4.0.0' },
    signal,
  });
  const begun = performance.now();
  await installDependencies(tool);
  const mebibytes = measureMebibytes(join(tool.cwd, 'node_modules'));
  const project = { ...tool, cwd: join(folder, 'first-agent') };
  await runPawl(tool.cwd, ['init', 'first-agent'], { ...tool, cwd: folder });
  usePackages(join(project.cwd, 'package.json'), pick('cli', 'core', 'responses', 'serve', 'inspector', 'testing'));
  await installDependencies(project);
  const answer = await runPawl(project.cwd, ['run', 'agent.ts', 'What is the weather in Rome?'], withoutKeys(project));
  const seconds = (performance.now() - begun) / 1_000;
  if (!answer.includes('get_weather (city: Rome): sky: sunny')) throw new Error(`pawl run printed: ${answer}`);
  const added = mebibytes - coreMebibytes;
  const result = `pawl: ${added.toFixed(1)} MiB more than core, ${seconds.toFixed(0)} s from an empty folder to an answer`;
  console.log(`packages: ${result}`);
  if (added <= MAX_MEBIBYTES && seconds <= MAX_SECONDS) return;
  throw new Error(`Too much: ${result}. At most: ${MAX_MEBIBYTES} MiB, ${MAX_SECONDS} s.`);
}

/** Runs the command with this Node: the one of the machine may be older. */
function runPawl(installed: string, args: readonly string[], project: Project): Promise<string> {
  return run(process.execPath, [join(installed, 'node_modules', '.bin', 'pawl'), ...args], project);
}

/** The packages are not published: the project of `pawl init` gets the tarballs. */
function usePackages(file: string, packed: Readonly<Record<string, string>>): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(
    file,
    JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, ...packed }, devDependencies: {} }),
  );
}

function withoutKeys<Options extends { readonly env: NodeJS.ProcessEnv }>(options: Options): Options {
  const { OPENAI_API_KEY: _, OPENAI_BASE_URL: __, ...env } = options.env;
  return { ...options, env };
}

/** Measures a folder in disk blocks. */
export function measureMebibytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => statSync(join(folder, path)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.blocks * 512 : 0), 0) / 2 ** 20;
}
