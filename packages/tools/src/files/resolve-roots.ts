import { realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError } from '@pawl/core';

/** An accessible folder. */
export interface Root {
  /** Absolute path without links. */
  readonly real: string;
  /** The option's path, made absolute. */
  readonly originalPath: string;
  readonly name: string;
}

/** @throws ConfigError if there are no roots, a root is not a folder, or two roots have the same name. */
export function resolveRoots(roots: string | readonly string[], tool: string): readonly Root[] {
  const original = typeof roots === 'string' ? [roots] : roots;
  if (!Array.isArray(original) || original.length === 0) {
    throw new ConfigError(`Tool "${tool}" has no roots. Pass the folders that it may access: roots: './project'.`);
  }
  const found = original.map((root) => resolveRoot(root, tool));
  const names = found.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return found;
  throw new ConfigError(
    `Tool "${tool}" has two roots named "${twice}". Pass roots with different names: the model sees only the names.`,
  );
}

/** Folders in which the system shows devices and processes, with their environments. */
const SYSTEM_FOLDERS: readonly string[] = ['/dev', '/proc', '/sys'];

/** Returns a path relative to a root. System folders are accessible only to a root inside them: `/` does not include `/proc`. */
export function toPathInRoot({ real }: Root, path: string): string | undefined {
  const isHidden = SYSTEM_FOLDERS.some((folder) => isWithin(folder, path) && !isWithin(folder, real));
  return isHidden ? undefined : toRelativePath(real, path);
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Returns a path relative to a folder, with slashes; `''` for the folder itself, `undefined` outside. */
export function toRelativePath(folder: string, path: string): string | undefined {
  const found = relative(folder, path);
  if (found === '..' || found.startsWith(`..${sep}`) || isAbsolute(found)) return undefined;
  return found.split(sep).join('/');
}

function resolveRoot(root: unknown, tool: string): Root {
  // An empty text would mean the working folder: an unset variable must not make that accessible.
  if (typeof root === 'string' && root !== '') {
    try {
      const real = realpathSync.native(root);
      if (statSync(real).isDirectory()) return { real, originalPath: resolve(root), name: basename(real) || 'root' };
    } catch {
      // Reported below, with the path.
    }
  }
  throw new ConfigError(`Tool "${tool}": the root ${JSON.stringify(root)} is not a folder. Pass one that exists.`);
}
