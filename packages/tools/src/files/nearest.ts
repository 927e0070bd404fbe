import { systemClock } from '@pawl/core';
import { closest } from '../base/closest.ts';
import { readFolder } from './read-folder.ts';
import type { Inside, Territory } from './territory.ts';
import { walk } from './walk.ts';

export interface Missing {
  /** The last folder on the way that is there. */
  readonly folder: Inside;
  /** The name that is not in it. */
  readonly name: string;
  /** What was to follow that name. */
  readonly rest: readonly string[];
  readonly signal: AbortSignal;
}

/** Of one folder. More would cost more than the help is worth. */
const MAX_ENTRIES = 1_000;

/** What was probably meant by a path that does not exist: nearly that name in that folder, or just that name in another. */
export async function nearest(
  territory: Territory,
  { folder, name, rest, signal }: Missing,
): Promise<string | undefined> {
  const contents = await readFolder(folder.real, { signal, maxEntries: MAX_ENTRIES });
  const entries = (contents?.entries ?? []).filter((entry) => territory.child(folder, entry.name) !== undefined);
  // Where more is to follow, only a folder can have been meant.
  const close = closest(
    name,
    entries.filter(({ isFolder }) => isFolder || rest.length === 0).map((entry) => entry.name),
  );
  const sibling = close === undefined ? undefined : territory.child(folder, close);
  const there = sibling === undefined ? undefined : await descend(territory, { folder: sibling, names: rest, signal });
  if (there !== undefined) return there.shown;
  return (await namesake(territory, { name: rest.at(-1) ?? name, signal })) ?? sibling?.shown;
}

interface Descent {
  readonly folder: Inside;
  readonly names: readonly string[];
  readonly signal: AbortSignal;
}

async function descend(territory: Territory, { folder, names, signal }: Descent): Promise<Inside | undefined> {
  let inside: Inside | undefined = folder;
  for (const name of names) {
    const contents = await readFolder(inside.real, { signal, maxEntries: MAX_ENTRIES });
    const isThere = contents?.entries.some((entry) => entry.name === name) ?? false;
    inside = isThere ? territory.child(inside, name) : undefined;
    if (inside === undefined) return undefined;
  }
  return inside;
}

async function namesake(
  territory: Territory,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { found } = await walk(territory.roots, {
    territory,
    signal,
    clock: systemClock,
    maxDurationMs: 500,
    maxVisited: 2_000,
    maxDepth: 6,
    maxEntries: 1,
    maxLength: Number.POSITIVE_INFINITY,
    wants: (entry) => !entry.isFolder && entry.name === name,
  });
  return found[0]?.shown;
}
