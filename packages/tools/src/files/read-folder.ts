import { constants } from 'node:fs';
import { lstat, open, opendir, readlink, realpath } from 'node:fs/promises';

export interface FolderEntry {
  readonly name: string;
  /** Not of a link that leads to a folder. */
  readonly isFolder: boolean;
}

export interface FolderContents {
  /** Sorted by name. */
  readonly entries: readonly FolderEntry[];
  /** There are more than were read. */
  readonly isCut: boolean;
}

export interface ReadFolderOptions {
  /** The most entries that are read, so that a hostile folder can't fill the memory. */
  readonly maxEntries: number;
  readonly signal: AbortSignal;
}

/**
 * What is in a folder; `undefined` where it can't be read, or where something else took its place meanwhile: a link put there
 * must not lead out.
 */
export async function readFolder(real: string, options: ReadFolderOptions): Promise<FolderContents | undefined> {
  try {
    return await (process.platform === 'linux' ? readByHandle(real, options) : readByPath(real, options));
  } catch (error) {
    if (options.signal.aborted) throw error;
    return undefined;
  }
}

/** Reads through a handle that was checked, so nothing can be exchanged in between. */
async function readByHandle(real: string, options: ReadFolderOptions): Promise<FolderContents | undefined> {
  const handle = await open(real, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const path = `/proc/self/fd/${handle.fd}`;
    const opened = await readlink(path).catch(() => undefined);
    // Without /proc there is no such handle to go by.
    if (opened === undefined) return await readByPath(real, options);
    return opened === real ? await readEntries(path, options) : undefined;
  } finally {
    await handle.close();
  }
}

async function readByPath(real: string, options: ReadFolderOptions): Promise<FolderContents | undefined> {
  const before = await lstat(real, { bigint: true });
  const contents = await readEntries(real, options);
  const [after, now] = await Promise.all([lstat(real, { bigint: true }), realpath(real)]);
  return now === real && after.ino === before.ino && after.dev === before.dev ? contents : undefined;
}

async function readEntries(path: string, { maxEntries, signal }: ReadFolderOptions): Promise<FolderContents> {
  const entries: FolderEntry[] = [];
  let isCut = false;
  for await (const entry of await opendir(path)) {
    signal.throwIfAborted();
    isCut = entries.length >= maxEntries;
    if (isCut) break;
    entries.push({ name: entry.name, isFolder: entry.isDirectory() });
  }
  return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)), isCut };
}
