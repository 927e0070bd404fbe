import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { AllowedPath } from './allowed-folders.ts';
import { FolderHandle } from './folder-handle.ts';
import type { Jail } from './jail.ts';
import { FileNotFoundError, readErrorCode, toToolError } from './to-tool-error.ts';

/** The place of a new file. */
export interface FilePlace {
  readonly folder: AllowedPath;
  readonly name: string;
  readonly displayPath: string;
}

export interface PlaceOptions {
  readonly path: string;
  readonly signal: AbortSignal;
  /** `create` creates missing folders on the way. */
  readonly folders: 'create' | 'refuse';
}

/** Finds the place for a path. Rejects with a `ToolError` if the folder is outside the jail, or the name is denied. */
export async function findPlace(jail: Jail, { path, signal, folders }: PlaceOptions): Promise<FilePlace> {
  const name = basename(path);
  if (path.endsWith('/') || name === '' || name === '.' || name === '..') {
    throw new ToolError(`${quote(path)} does not end with a file name. Add one.`);
  }
  const folder = await findFolder(jail, { path, signal, folders });
  const found = jail.findChild(folder, name);
  if (found === undefined)
    throw new ToolError(`${quote(path)} is denied: its name is on the deny list. Use another name.`);
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
  const handle = await FolderHandle.open(parent.folder, parent.displayPath);
  try {
    await mkdir(handle.join(parent.name));
  } catch (error) {
    if (readErrorCode(error) !== 'EEXIST') throw toToolError(error, path);
  } finally {
    await handle.close();
  }
  // Resolved again: another process may have put a link there meanwhile.
  return jail.find(above, { signal });
}

/** Whether a folder is missing, and neither outside nor denied. */
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
