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
  /** The folders that may be looked at, with all that is below them. Nothing else may. */
  readonly roots: string | readonly string[];
  /**
   * Globs that are denied inside the roots too, with all below what they match. Without a slash: a name at any depth; with
   * one: a path from the root. Replaces the default. @defaultValue what mostly holds secrets
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
  /** As the model wrote it. */
  readonly path: string;
  /** Where that would be, if there were no links. */
  readonly candidate: string;
  readonly signal: AbortSignal;
}

const MAX_PATH_LENGTH = 4096;

/** The part of the file system that a tool may see. */
export class Jail implements AllowedFolders {
  readonly #roots: readonly Root[];
  readonly #denyList: DenyList;

  /** @throws ConfigError for roots that are no folders, and a deny-list that is none. */
  constructor({ roots, deny = DEFAULT_DENY_LIST }: JailOptions, tool: string) {
    this.#roots = resolveRoots(roots, tool);
    if (!Array.isArray(deny) || !deny.every(isGlob)) {
      throw new ConfigError(`Tool "${tool}": deny is no list of globs. Pass some, such as [".env*"], or [] for none.`);
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

  /** Where a model's path leads to. Rejects with a `ToolError` that says nothing of what is outside or denied. */
  async find(path: string, { signal }: { readonly signal: AbortSignal }): Promise<AllowedPath> {
    const asked: RequestedPath = { path, candidate: this.#resolveCandidate(path), signal };
    try {
      return this.admit(await realpath(asked.candidate), path);
    } catch (error) {
      throw ToolError.isInstance(error) ? error : await this.#explainFailure(error, asked);
    }
  }

  /** What has this path without links, if that may be looked at. */
  admit(real: string, path: string): AllowedPath {
    const place = this.#locate(real);
    if (place === undefined) throw createOutsideError(path);
    if (this.#denyList.isPathDenied(place.below)) throw createDeniedError(path);
    return { real, displayPath: this.#formatPath(place.root, place.below) };
  }

  /** Decides by the words alone, so that nobody learns from the answer what there is outside. */
  #resolveCandidate(path: string): string {
    if (path.includes('\0')) throw new ToolError('The path has a NUL character in it. Leave it out.');
    if (path.length > MAX_PATH_LENGTH) throw new ToolError(`The path is longer than ${MAX_PATH_LENGTH} characters.`);
    const candidate = isAbsolute(path) ? this.#resolveAbsolute(path) : this.#resolveRelative(path);
    const place = candidate === undefined ? undefined : this.#locate(candidate);
    if (candidate === undefined || place === undefined) throw createOutsideError(path);
    if (this.#denyList.isPathDenied(place.below)) throw createDeniedError(path);
    return candidate;
  }

  /** A root's given name may be a link, which may be another one by now: it stands for what it was at first. */
  #resolveAbsolute(path: string): string | undefined {
    for (const { real, originalPath: given } of this.#roots) {
      const found = toRelativePath(real, path) ?? toRelativePath(given, path);
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
    throw new ToolError(`${quote(path)} is in none of the folders here. Begin the path with one of: ${names}.`);
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

  /** Tells a missing file from a link that leads out, by the last folder on the way that is there. */
  async #explainFailure(error: unknown, { path, candidate, signal }: RequestedPath): Promise<ToolError> {
    let folder = dirname(candidate);
    let real = await realpath(folder).catch(() => undefined);
    while (real === undefined && folder !== dirname(folder)) {
      folder = dirname(folder);
      real = await realpath(folder).catch(() => undefined);
    }
    // A root that is gone leaves only what is above it.
    if (real === undefined || this.#locate(folder) === undefined) return toToolError(error, path);
    const reached = this.admit(real, path);
    const [name = '', ...rest] = relative(folder, candidate).split(sep);
    const isLink = await lstat(join(real, name)).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    if (isLink) return createOutsideError(path);
    const told = toToolError(error, path);
    if (readErrorCode(error) !== 'ENOENT') return told;
    const near = await suggestPath(this, { folder: reached, name, rest, signal });
    return near === undefined ? told : new FileNotFoundError(`${told.message} Did you mean ${quote(near)}?`);
  }
}

function createOutsideError(path: string): ToolError {
  return new ToolError(
    `${quote(path)} leads out of the folders that may be looked at, or nowhere. Use a path relative to the root.`,
  );
}

function createDeniedError(path: string): ToolError {
  return new ToolError(`${quote(path)} may not be looked at: its name is on the deny-list.`);
}
