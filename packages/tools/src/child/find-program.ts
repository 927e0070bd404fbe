import { accessSync, constants, statSync } from 'node:fs';

/** Programs of the system that hold a child to its limits. */
export interface IsolationPrograms {
  /** Namespaces of its own: files, processes, network. */
  readonly bubblewrap: string | undefined;
  /** Limits that the kernel keeps. */
  readonly prlimit: string | undefined;
}

/** Looked for where systems keep them, not along this process's PATH, which might lead to something else. */
export function findIsolationPrograms(): IsolationPrograms {
  return process.platform === 'linux'
    ? { bubblewrap: findProgram(FOLDERS, 'bwrap'), prlimit: findProgram(FOLDERS, 'prlimit') }
    : { bubblewrap: undefined, prlimit: undefined };
}

const FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin'] as const;

/** The first of the folders that has a program of this name. */
export function findProgram(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => `${folder}/${name}`).find((path) => isProgram(path));
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
