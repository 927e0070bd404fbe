import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { AllowedPath } from './allowed-folders.ts';
import { FolderHandle } from './folder-handle.ts';
import type { Jail } from './jail.ts';
import { FileNotFoundError, readErrorCode, toToolError } from './to-tool-error.ts';

/** Where a new file goes. */
export interface FilePlace {
  readonly folder: AllowedPath;
  readonly name: string;
  readonly displayPath: string;
}

export interface PlaceOptions {
  readonly path: string;
  readonly signal: AbortSignal;
  /** `create`: folders on the way that are missing are made. */
  readonly folders: 'create' | 'refuse';
}

/** The folder has to be inside, and the name has to be one that may be looked at. */
export async function findPlace(jail: Jail, { path, signal, folders }: PlaceOptions): Promise<FilePlace> {
  const name = basename(path);
  if (path.endsWith('/') || name === '' || name === '.' || name === '..') {
    throw new ToolError(`${quote(path)} is no name of a file. End the path with one.`);
  }
  const folder = await findFolder(jail, { path, signal, folders });
  const found = jail.findChild(folder, name);
  if (found === undefined) throw new ToolError(`${quote(path)} may not be written: its name is on the deny-list.`);
  return { folder, name, displayPath: found.displayPath };
}

async function findFolder(jail: Jail, { path, signal, folders }: PlaceOptions): Promise<AllowedPath> {
  const above = dirname(path);
  try {
    return await jail.find(above, { signal });
  } catch (error) {
    if (folders === 'refuse' || !(await isMissing(jail, { path: above, signal }))) throw error;
  }
  const parent = await findPlace(jail, { path: above, signal, folders });
  const held = await FolderHandle.open(parent.folder, parent.displayPath);
  try {
    await mkdir(held.join(parent.name));
  } catch (error) {
    if (readErrorCode(error) !== 'EEXIST') throw toToolError(error, path);
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
    return error instanceof FileNotFoundError;
  }
}
