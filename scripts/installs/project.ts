import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMachineEnvironment } from '../pack.ts';
import { type RunOptions, run } from '../run.ts';

/** A project outside the workspace, like a user's. */
export type Project = RunOptions;

export interface ProjectOptions {
  /** The dependencies in package.json. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** What replaces the dependencies of dependencies, for Bun and pnpm: the packages are not published, and npm takes those of the project by itself. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Files of this folder to copy into the project. */
  readonly files?: readonly string[];
  readonly signal: AbortSignal;
}

export function createProject(
  cwd: string,
  { dependencies, overrides = {}, files = [], signal }: ProjectOptions,
): Project {
  mkdirSync(cwd);
  const project = { private: true, type: 'module', dependencies, overrides };
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(project));
  writeFileSync(join(cwd, 'pnpm-workspace.yaml'), JSON.stringify({ overrides })); // JSON is YAML.
  for (const file of files) copyFileSync(join(import.meta.dirname, file), join(cwd, file));
  return { cwd, env: getMachineEnvironment(), signal };
}

export async function installDependencies(project: Project): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], project);
}
