import { accessSync, constants, statSync } from 'node:fs';

/** System programs that isolate and limit a child. */
export interface IsolationPrograms {
  /** Creates namespaces for files, processes and network. */
  readonly bubblewrap: string | undefined;
  /** Sets limits that the kernel enforces. */
  readonly prlimit: string | undefined;
}

/** Searches the usual folders and not this process's PATH, which may lead to another program of the same name. */
export function findIsolationPrograms(): IsolationPrograms {
  return process.platform === 'linux'
    ? { bubblewrap: findProgram(FOLDERS, 'bwrap'), prlimit: findProgram(FOLDERS, 'prlimit') }
    : { bubblewrap: undefined, prlimit: undefined };
}

const FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin'] as const;

/** Returns the path of the first program with this name. */
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
