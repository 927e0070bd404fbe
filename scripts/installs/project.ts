import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMachineEnvironment } from '../pack.ts';
import { type RunOptions, run } from '../run.ts';

/** A project outside the workspace, like a user's. */
export type Project = RunOptions;

export interface ProjectOptions {
  /** The dependencies in package.json. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Files of this folder to copy into the project. */
  readonly files?: readonly string[];
  readonly signal: AbortSignal;
}

export function createProject(cwd: string, { dependencies, files = [], signal }: ProjectOptions): Project {
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  for (const file of files) copyFileSync(join(import.meta.dirname, file), join(cwd, file));
  return { cwd, env: getMachineEnvironment(), signal };
}

export async function installDependencies(project: Project): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], project);
}
