import { realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError } from '@pawl/core';

/** A folder that may be looked at. */
export interface Root {
  /** As the file system has it, without links. */
  readonly real: string;
  /** As it was given, made absolute. */
  readonly originalPath: string;
  readonly name: string;
}

/** @throws ConfigError for no roots, one that is no folder, and two of one name. */
export function resolveRoots(roots: string | readonly string[], tool: string): readonly Root[] {
  const original = typeof roots === 'string' ? [roots] : roots;
  if (!Array.isArray(original) || original.length === 0) {
    throw new ConfigError(`Tool "${tool}" needs roots: the folders that it may look at. Nothing is allowed without.`);
  }
  const found = original.map((root) => resolveRoot(root, tool));
  const names = found.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return found;
  throw new ConfigError(`Tool "${tool}" has two roots named "${twice}". The model could not tell them apart.`);
}

/** What the system shows of itself and its processes, their environment among it. */
const SYSTEM_FOLDERS: readonly string[] = ['/dev', '/proc', '/sys'];

/** A root takes in what the system shows of itself only where it is in there: `/` does not open `/proc`. */
export function toPathInRoot({ real }: Root, path: string): string | undefined {
  const isHidden = SYSTEM_FOLDERS.some((folder) => isWithin(folder, path) && !isWithin(folder, real));
  return isHidden ? undefined : toRelativePath(real, path);
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Where a path stands below a folder, with slashes; `''` for the folder itself, `undefined` outside. */
export function toRelativePath(folder: string, path: string): string | undefined {
  const found = relative(folder, path);
  if (found === '..' || found.startsWith(`..${sep}`) || isAbsolute(found)) return undefined;
  return found.split(sep).join('/');
}

function resolveRoot(root: unknown, tool: string): Root {
  // The empty text would be the process's own folder: what an unset variable must not open.
  if (typeof root === 'string' && root !== '') {
    try {
      const real = realpathSync.native(root);
      if (statSync(real).isDirectory()) return { real, originalPath: resolve(root), name: basename(real) || 'root' };
    } catch {
      // Told below, with the path.
    }
  }
  throw new ConfigError(`Tool "${tool}": the root ${JSON.stringify(root)} is no folder. Pass one that exists.`);
}
