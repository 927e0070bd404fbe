import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { OptionTable } from '@pawl/core';
import { ConfigError, ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { AllowedFolders, AllowedPath } from './allowed-folders.ts';
import { createDenyList, DEFAULT_DENY_LIST, type DenyList } from './deny-list.ts';
import { isGlob } from './glob.ts';
import { type Root, resolveRoots, toPathInRoot, toRelativePath } from './resolve-roots.ts';
import { suggestPath } from './suggest-path.ts';
import { FileNotFoundError, readErrorCode, toToolError } from './to-tool-error.ts';

export interface JailOptions {
  /** The folders that the tool may access, with everything below them. Nothing else is accessible. */
  readonly roots: string | readonly string[];
  /**
   * Globs of what is denied inside the roots, with everything below. A glob without a slash matches a name at any depth, one with a
   * slash matches a path from the root. Replaces the default. @defaultValue names that usually contain secrets
   */
  readonly deny?: readonly string[];
}

export const JAIL_KEYS: OptionTable<JailOptions>['keys'] = { roots: 'any', deny: 'any' };

export const JAIL_HINTS: Readonly<Record<string, string>> = {
  root: 'The option is "roots".',
  folder: 'The option is "roots".',
  path: 'The option is "roots".',
  cwd: 'The option is "roots".',
  ignore: 'The option is "deny".',
  exclude: 'The option is "deny".',
};

interface RequestedPath {
  /** The model's path. */
  readonly path: string;
  /** The absolute path, with links not resolved. */
  readonly candidate: string;
  readonly signal: AbortSignal;
}

const MAX_PATH_LENGTH = 4096;

/** The part of the file system that a tool may access. */
export class Jail implements AllowedFolders {
  readonly #roots: readonly Root[];
  readonly #denyList: DenyList;

  /** @throws ConfigError if a root is not a folder, or `deny` is not a list of globs. */
  constructor({ roots, deny = DEFAULT_DENY_LIST }: JailOptions, tool: string) {
    this.#roots = resolveRoots(roots, tool);
    if (!Array.isArray(deny) || !deny.every(isGlob)) {
      throw new ConfigError(
        `Tool "${tool}": deny is not a list of globs. Pass a list such as [".env*"], or [] to deny nothing.`,
      );
    }
    this.#denyList = createDenyList(deny);
  }

  get roots(): readonly AllowedPath[] {
    return this.#roots.map((root) => ({ real: root.real, displayPath: this.#formatPath(root, '') }));
  }

  findChild(folder: AllowedPath, name: string): AllowedPath | undefined {
    const real = join(folder.real, name);
    const place = this.#locate(real);
    if (place === undefined || this.#denyList.isEntryDenied(place.below)) return undefined;
    return { real, displayPath: this.#formatPath(place.root, place.below) };
  }

  /** Resolves a model's path. Rejects with a `ToolError` that reveals nothing about paths that are outside or denied. */
  async find(path: string, { signal }: { readonly signal: AbortSignal }): Promise<AllowedPath> {
    const asked: RequestedPath = { path, candidate: this.#resolveCandidate(path), signal };
    try {
      return this.admit(await realpath(asked.candidate), path);
    } catch (error) {
      throw ToolError.isInstance(error) ? error : await this.#explainFailure(error, asked);
    }
  }

  /** Checks a path without links. Throws a `ToolError` if it is outside or denied. */
  admit(real: string, path: string): AllowedPath {
    const place = this.#locate(real);
    if (place === undefined) throw createOutsideError(path);
    if (this.#denyList.isPathDenied(place.below)) throw createDeniedError(path);
    return { real, displayPath: this.#formatPath(place.root, place.below) };
  }

  /** Checks the path's text before the file system is asked, so that the response does not reveal what exists outside. */
  #resolveCandidate(path: string): string {
    if (path.includes('\0')) throw new ToolError('The path contains a NUL character. Remove it.');
    if (path.length > MAX_PATH_LENGTH)
      throw new ToolError(`The path is longer than ${MAX_PATH_LENGTH} characters. Pass a shorter path.`);
    const candidate = isAbsolute(path) ? this.#resolveAbsolute(path) : this.#resolveRelative(path);
    const place = candidate === undefined ? undefined : this.#locate(candidate);
    if (candidate === undefined || place === undefined) throw createOutsideError(path);
    if (this.#denyList.isPathDenied(place.below)) throw createDeniedError(path);
    return candidate;
  }

  /** A root's original path may be a link that has changed: it always means the folder that it led to at first. */
  #resolveAbsolute(path: string): string | undefined {
    for (const { real, originalPath } of this.#roots) {
      const found = toRelativePath(real, path) ?? toRelativePath(originalPath, path);
      if (found !== undefined) return resolve(real, `./${found}`);
    }
    return undefined;
  }

  #resolveRelative(path: string): string {
    const [first] = this.#roots;
    if (first !== undefined && this.#roots.length === 1) return resolve(first.real, `./${path}`);
    const [name, ...rest] = path.replace(/^(\.\/)+/, '').split('/');
    const root = this.#roots.find((each) => each.name === name);
    if (root !== undefined) return resolve(root.real, `./${rest.join('/')}`);
    const names = this.#roots.map((each) => each.name).join(', ');
    throw new ToolError(`${quote(path)} is not in an accessible folder. Start the path with one of: ${names}.`);
  }

  #locate(path: string): { readonly root: Root; readonly below: string } | undefined {
    for (const root of this.#roots) {
      const found = toPathInRoot(root, path);
      if (found !== undefined) return { root, below: found };
    }
    return undefined;
  }

  #formatPath(root: Root, path: string): string {
    return [this.#roots.length === 1 ? '' : root.name, path].filter((part) => part !== '').join('/');
  }

  /** Explains why a path did not resolve: it is missing, or a link on the way leads out. */
  async #explainFailure(error: unknown, { path, candidate, signal }: RequestedPath): Promise<ToolError> {
    let folder = dirname(candidate);
    let real = await realpath(folder).catch(() => undefined);
    while (real === undefined && folder !== dirname(folder)) {
      folder = dirname(folder);
      real = await realpath(folder).catch(() => undefined);
    }
    // If the root itself is gone, the last existing folder is above it.
    if (real === undefined || this.#locate(folder) === undefined) return toToolError(error, path);
    const existing = this.admit(real, path);
    const [name = '', ...rest] = relative(folder, candidate).split(sep);
    const isLink = await lstat(join(real, name)).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    if (isLink) return createOutsideError(path);
    const problem = toToolError(error, path);
    if (readErrorCode(error) !== 'ENOENT') return problem;
    const near = await suggestPath(this, { folder: existing, name, rest, signal });
    return near === undefined ? problem : new FileNotFoundError(`${problem.message} Did you mean ${quote(near)}?`);
  }
}

function createOutsideError(path: string): ToolError {
  return new ToolError(
    `${quote(path)} is outside the accessible folders, or leads nowhere. Pass a path relative to the root.`,
  );
}

function createDeniedError(path: string): ToolError {
  return new ToolError(`${quote(path)} is denied: its name is on the deny list. Use another path.`);
}
