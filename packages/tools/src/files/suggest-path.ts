import { systemClock } from '@pawl/core';
import { findClosest } from '../base/find-closest.ts';
import type { AllowedFolders, AllowedPath } from './allowed-folders.ts';
import { readFolder } from './read-folder.ts';
import { walk } from './walk.ts';

export interface MissingPath {
  /** The last folder on the way that exists. */
  readonly folder: AllowedPath;
  /** The first name that does not exist. */
  readonly name: string;
  /** The names after it. */
  readonly rest: readonly string[];
  readonly signal: AbortSignal;
}

/** Maximum entries of one folder: a suggestion is not worth more time. */
const MAX_ENTRIES = 1_000;

/** Suggests a path for one that does not exist: a similar name in the same folder, or the same name in another one. */
export async function suggestPath(
  allowedFolders: AllowedFolders,
  { folder, name, rest, signal }: MissingPath,
): Promise<string | undefined> {
  const contents = await readFolder(folder.real, { signal, maxEntries: MAX_ENTRIES });
  const entries = (contents?.entries ?? []).filter(
    (entry) => allowedFolders.findChild(folder, entry.name) !== undefined,
  );
  // If more names follow, only a folder can be meant.
  const close = findClosest(
    name,
    entries.filter(({ isFolder }) => isFolder || rest.length === 0).map((entry) => entry.name),
  );
  const sibling = close === undefined ? undefined : allowedFolders.findChild(folder, close);
  const reached =
    sibling === undefined ? undefined : await followNames(allowedFolders, { folder: sibling, names: rest, signal });
  if (reached !== undefined) return reached.displayPath;
  return (await findByName(allowedFolders, { name: rest.at(-1) ?? name, signal })) ?? sibling?.displayPath;
}

interface PathDescent {
  readonly folder: AllowedPath;
  readonly names: readonly string[];
  readonly signal: AbortSignal;
}

async function followNames(
  allowedFolders: AllowedFolders,
  { folder, names, signal }: PathDescent,
): Promise<AllowedPath | undefined> {
  let inside: AllowedPath | undefined = folder;
  for (const name of names) {
    const contents = await readFolder(inside.real, { signal, maxEntries: MAX_ENTRIES });
    const isThere = contents?.entries.some((entry) => entry.name === name) ?? false;
    inside = isThere ? allowedFolders.findChild(inside, name) : undefined;
    if (inside === undefined) return undefined;
  }
  return inside;
}

async function findByName(
  allowedFolders: AllowedFolders,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { found } = await walk(allowedFolders.roots, {
    allowedFolders,
    signal,
    clock: systemClock,
    maxDurationMs: 500,
    maxVisited: 2_000,
    maxDepth: 6,
    maxEntries: 1,
    maxLength: Number.POSITIVE_INFINITY,
    isWanted: (entry) => !entry.isFolder && entry.name === name,
  });
  return found[0]?.displayPath;
}
