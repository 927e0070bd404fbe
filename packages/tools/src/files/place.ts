import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ToolError } from '@pawl/core';
import { quoted } from '../base/quoted.ts';
import { Folder } from './folder.ts';
import type { Jail } from './jail.ts';
import { codeOf, NotThere, problem } from './problem.ts';
import type { Inside } from './territory.ts';

/** Where a new file goes. */
export interface Place {
  readonly folder: Inside;
  readonly name: string;
  readonly shown: string;
}

export interface Placing {
  readonly path: string;
  readonly signal: AbortSignal;
  /** `create`: folders on the way that are missing are made. */
  readonly folders: 'create' | 'refuse';
}

/** The folder has to be inside, and the name has to be one that may be looked at. */
export async function placeFor(jail: Jail, { path, signal, folders }: Placing): Promise<Place> {
  const name = basename(path);
  if (path.endsWith('/') || name === '' || name === '.' || name === '..') {
    throw new ToolError(`${quoted(path)} is no name of a file. End the path with one.`);
  }
  const folder = await folderFor(jail, { path, signal, folders });
  const found = jail.child(folder, name);
  if (found === undefined) throw new ToolError(`${quoted(path)} may not be written: its name is on the deny-list.`);
  return { folder, name, shown: found.shown };
}

async function folderFor(jail: Jail, { path, signal, folders }: Placing): Promise<Inside> {
  const above = dirname(path);
  try {
    return await jail.find(above, { signal });
  } catch (error) {
    if (folders === 'refuse' || !(await isMissing(jail, { path: above, signal }))) throw error;
  }
  const parent = await placeFor(jail, { path: above, signal, folders });
  const held = await Folder.open(parent.folder, parent.shown);
  try {
    await mkdir(held.at(parent.name));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw problem(error, path);
  } finally {
    await held.close();
  }
  // It is looked up again: whatever was put there meanwhile has to be inside as well.
  return jail.find(above, { signal });
}

/** Missing, and not outside or denied: then what is above it is inside, and its name may be looked at. */
async function isMissing(
  jail: Jail,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    await jail.find(path, { signal });
    return false;
  } catch (error) {
    return error instanceof NotThere;
  }
}
