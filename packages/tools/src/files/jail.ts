import { constants, realpathSync, statSync } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError, ToolError } from '@pawl/core';
import { DENIED, denier } from './deny-list.ts';

export interface JailOptions {
  /** The folders that may be looked at, with all that is below them. Nothing else may. */
  readonly roots: string | readonly string[];
  /** Names that are denied inside the roots too; `*` stands for anything. @defaultValue what mostly holds secrets */
  readonly deny?: readonly string[];
}

/** Something that is inside the jail. */
export interface Inside {
  /** As the file system has it, without links. */
  readonly real: string;
  /** As the model sees it: relative to its root, behind the root's name where there are several roots. */
  readonly shown: string;
}

interface Root {
  readonly real: string;
  readonly name: string;
}

/** The part of the file system that a tool may see. */
export class Jail {
  readonly #roots: readonly Root[];
  readonly #isDenied: (path: string) => boolean;

  /** @throws ConfigError for a root that is missing, no folder, or there twice by its name. */
  constructor({ roots, deny = DENIED }: JailOptions, tool: string) {
    const given = typeof roots === 'string' ? [roots] : roots;
    if (!Array.isArray(given) || given.length === 0) {
      throw new ConfigError(`Tool "${tool}" needs roots: the folders that it may look at. Nothing is allowed without.`);
    }
    this.#roots = given.map((root) => rootOf(root, tool));
    const names = this.#roots.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      throw new ConfigError(`Tool "${tool}" has two roots named "${twice}". The model could not tell them apart.`);
    }
    this.#isDenied = denier(deny);
  }

  /** The roots, for walking through. */
  get roots(): readonly Inside[] {
    return this.#roots.map(({ real, name }) => ({ real, shown: this.#roots.length === 1 ? '' : name }));
  }

  /** Whether a path that a walk came upon may be told. */
  allows(shown: string): boolean {
    return !this.#isDenied(shown);
  }

  /** Where a model's path leads to. Rejects with a `ToolError` that says nothing of what is outside. */
  async find(path: string): Promise<Inside> {
    const candidate = this.#candidate(path);
    const real = await realpath(candidate).catch((error: unknown) => {
      throw new ToolError(problemOf(error, path));
    });
    return this.#inside(real, path);
  }

  /**
   * Opens a regular file. What was opened is checked again by its handle, so that a link that changes between the check
   * and the opening leads nowhere. Devices, pipes and sockets are refused without waiting for them.
   */
  async open(path: string): Promise<{ readonly handle: FileHandle; readonly inside: Inside }> {
    const { real } = await this.find(path);
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const before = await stat(real).catch((error: unknown) => {
      throw new ToolError(problemOf(error, path));
    });
    if (!before.isFile()) throw new ToolError(`"${path}" is ${kindOf(before)}, not a file.`);
    const handle = await open(real, flags).catch((error: unknown) => {
      throw new ToolError(problemOf(error, path));
    });
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new ToolError(`"${path}" is ${kindOf(stats)}, not a file.`);
      const opened = await this.#openedPath(handle, { real, path });
      return { handle, inside: this.#inside(opened, path) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #candidate(path: string): string {
    if (path.includes('\0')) throw new ToolError('The path has a NUL character in it. Leave it out.');
    if (path.length > 4096) throw new ToolError('The path is longer than 4096 characters.');
    const [first] = this.#roots;
    if (first === undefined || this.#roots.length === 1)
      return resolve(first?.real ?? '/', isAbsolute(path) ? path : `./${path}`);
    const [name, ...rest] = path.split(/[/\\]/);
    const root = this.#roots.find((each) => each.name === name);
    if (root !== undefined) return resolve(root.real, `./${rest.join(sep)}`);
    const names = this.#roots.map((each) => each.name).join(', ');
    throw new ToolError(`"${path}" is in none of the folders here. Begin the path with one of: ${names}.`);
  }

  #inside(real: string, path: string): Inside {
    for (const root of this.#roots) {
      const below = relative(root.real, real);
      if (below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) continue;
      const shown = [this.#roots.length === 1 ? '' : root.name, below].filter((part) => part !== '').join(sep);
      if (this.#isDenied(below)) throw new ToolError(`"${path}" may not be looked at: its name is on the deny-list.`);
      return { real, shown };
    }
    throw new ToolError(`"${path}" is outside of what may be looked at. Use a path relative to the root.`);
  }

  /** Where a handle really points to: by /proc on Linux, elsewhere by comparing what the path leads to now. */
  async #openedPath(
    handle: FileHandle,
    { real, path }: { readonly real: string; readonly path: string },
  ): Promise<string> {
    if (process.platform === 'linux') return readlink(`/proc/self/fd/${handle.fd}`);
    const [opened, now, target] = await Promise.all([handle.stat(), stat(real), realpath(real)]);
    if (opened.dev === now.dev && opened.ino === now.ino) return target;
    throw new ToolError(`"${path}" changed while it was opened. Try again.`);
  }
}

function rootOf(root: string, tool: string): Root {
  try {
    const real = realpathSync(root);
    if (statSync(real).isDirectory()) return { real, name: basename(real) };
  } catch {
    // Told below, with the path.
  }
  throw new ConfigError(`Tool "${tool}": the root ${JSON.stringify(root)} is no folder. Pass one that exists.`);
}

interface Kinds {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function kindOf(stats: Kinds): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** What the file system's error means for the model: never a path that it did not name itself. */
function problemOf(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `There is no "${path}" here.`;
    case 'ELOOP':
      return `"${path}" is a link that leads nowhere.`;
    case 'EACCES':
    case 'EPERM':
      return `"${path}" may not be read by this process.`;
    case 'ENAMETOOLONG':
      return 'A name in the path is too long.';
    default:
      return `"${path}" can't be read (${String(code ?? 'unknown error')}).`;
  }
}
