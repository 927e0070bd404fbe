import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { OptionTable } from '@pawl/core';
import { ConfigError, ToolError } from '@pawl/core';
import { quoted } from '../base/quoted.ts';
import { DENIED, type Denier, denier } from './deny-list.ts';
import { isGlob } from './glob.ts';
import { nearest } from './nearest.ts';
import { codeOf, NotThere, problem } from './problem.ts';
import { below, belowRoot, type Root, rootsOf } from './roots.ts';
import type { Inside, Territory } from './territory.ts';

export interface JailOptions {
  /** The folders that may be looked at, with all that is below them. Nothing else may. */
  readonly roots: string | readonly string[];
  /**
   * Globs that are denied inside the roots too, with all below what they match. Without a slash: a name at any depth; with
   * one: a path from the root. Replaces the default. @defaultValue what mostly holds secrets
   */
  readonly deny?: readonly string[];
}

export const JAIL: OptionTable<JailOptions>['keys'] = { roots: 'any', deny: 'any' };

export const JAIL_HINTS: Readonly<Record<string, string>> = {
  root: 'The option is "roots".',
  folder: 'The option is "roots".',
  path: 'The option is "roots".',
  cwd: 'The option is "roots".',
  ignore: 'The option is "deny".',
  exclude: 'The option is "deny".',
};

interface Asked {
  /** As the model wrote it. */
  readonly path: string;
  /** Where that would be, if there were no links. */
  readonly candidate: string;
  readonly signal: AbortSignal;
}

const MAX_PATH_LENGTH = 4096;

/** The part of the file system that a tool may see. */
export class Jail implements Territory {
  readonly #roots: readonly Root[];
  readonly #denier: Denier;

  /** @throws ConfigError for roots that are no folders, and a deny-list that is none. */
  constructor({ roots, deny = DENIED }: JailOptions, tool: string) {
    this.#roots = rootsOf(roots, tool);
    if (!Array.isArray(deny) || !deny.every(isGlob)) {
      throw new ConfigError(`Tool "${tool}": deny is no list of globs. Pass some, such as [".env*"], or [] for none.`);
    }
    this.#denier = denier(deny);
  }

  get roots(): readonly Inside[] {
    return this.#roots.map((root) => ({ real: root.real, shown: this.#shown(root, '') }));
  }

  child(folder: Inside, name: string): Inside | undefined {
    const real = join(folder.real, name);
    const place = this.#place(real);
    if (place === undefined || this.#denier.entry(place.below)) return undefined;
    return { real, shown: this.#shown(place.root, place.below) };
  }

  /** Where a model's path leads to. Rejects with a `ToolError` that says nothing of what is outside or denied. */
  async find(path: string, { signal }: { readonly signal: AbortSignal }): Promise<Inside> {
    const asked: Asked = { path, candidate: this.#candidate(path), signal };
    try {
      return this.admit(await realpath(asked.candidate), path);
    } catch (error) {
      throw ToolError.isInstance(error) ? error : await this.#whyNot(error, asked);
    }
  }

  /** What has this path without links, if that may be looked at. */
  admit(real: string, path: string): Inside {
    const place = this.#place(real);
    if (place === undefined) throw outside(path);
    if (this.#denier.path(place.below)) throw denied(path);
    return { real, shown: this.#shown(place.root, place.below) };
  }

  /** Decides by the words alone, so that nobody learns from the answer what there is outside. */
  #candidate(path: string): string {
    if (path.includes('\0')) throw new ToolError('The path has a NUL character in it. Leave it out.');
    if (path.length > MAX_PATH_LENGTH) throw new ToolError(`The path is longer than ${MAX_PATH_LENGTH} characters.`);
    const candidate = isAbsolute(path) ? this.#absolute(path) : this.#joined(path);
    const place = candidate === undefined ? undefined : this.#place(candidate);
    if (candidate === undefined || place === undefined) throw outside(path);
    if (this.#denier.path(place.below)) throw denied(path);
    return candidate;
  }

  /** A root's given name may be a link, which may be another one by now: it stands for what it was at first. */
  #absolute(path: string): string | undefined {
    for (const { real, given } of this.#roots) {
      const found = below(real, path) ?? below(given, path);
      if (found !== undefined) return resolve(real, `./${found}`);
    }
    return undefined;
  }

  #joined(path: string): string {
    const [first] = this.#roots;
    if (first !== undefined && this.#roots.length === 1) return resolve(first.real, `./${path}`);
    const [name, ...rest] = path.replace(/^(\.\/)+/, '').split('/');
    const root = this.#roots.find((each) => each.name === name);
    if (root !== undefined) return resolve(root.real, `./${rest.join('/')}`);
    const names = this.#roots.map((each) => each.name).join(', ');
    throw new ToolError(`${quoted(path)} is in none of the folders here. Begin the path with one of: ${names}.`);
  }

  #place(path: string): { readonly root: Root; readonly below: string } | undefined {
    for (const root of this.#roots) {
      const found = belowRoot(root, path);
      if (found !== undefined) return { root, below: found };
    }
    return undefined;
  }

  #shown(root: Root, path: string): string {
    return [this.#roots.length === 1 ? '' : root.name, path].filter((part) => part !== '').join('/');
  }

  /** Tells a missing file from a link that leads out, by the last folder on the way that is there. */
  async #whyNot(error: unknown, { path, candidate, signal }: Asked): Promise<ToolError> {
    let folder = dirname(candidate);
    let real = await realpath(folder).catch(() => undefined);
    while (real === undefined && folder !== dirname(folder)) {
      folder = dirname(folder);
      real = await realpath(folder).catch(() => undefined);
    }
    // A root that is gone leaves only what is above it.
    if (real === undefined || this.#place(folder) === undefined) return problem(error, path);
    const reached = this.admit(real, path);
    const [name = '', ...rest] = relative(folder, candidate).split(sep);
    const isLink = await lstat(join(real, name)).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    if (isLink) return outside(path);
    const told = problem(error, path);
    if (codeOf(error) !== 'ENOENT') return told;
    const near = await nearest(this, { folder: reached, name, rest, signal });
    return near === undefined ? told : new NotThere(`${told.message} Did you mean ${quoted(near)}?`);
  }
}

function outside(path: string): ToolError {
  return new ToolError(
    `${quoted(path)} leads out of the folders that may be looked at, or nowhere. Use a path relative to the root.`,
  );
}

function denied(path: string): ToolError {
  return new ToolError(`${quoted(path)} may not be looked at: its name is on the deny-list.`);
}
