import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMachineEnvironment } from '../pack.ts';
import { type RunOptions, run } from '../run.ts';

/** A project of a user, somewhere outside of the workspace. */
export type Project = RunOptions;

export interface ProjectOptions {
  /** What package.json asks for. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Files of this folder that it has. */
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
