import { constants } from 'node:fs';
import { lstat, open, opendir, readlink, realpath } from 'node:fs/promises';

export interface FolderEntry {
  readonly name: string;
  /** `false` for a link to a folder. */
  readonly isFolder: boolean;
}

export interface FolderContents {
  /** Sorted by name. */
  readonly entries: readonly FolderEntry[];
  /** Whether the folder has more entries. */
  readonly isCut: boolean;
}

export interface ReadFolderOptions {
  /** Maximum entries to read: a hostile folder must not exhaust the memory. */
  readonly maxEntries: number;
  readonly signal: AbortSignal;
}

/**
 * Reads a folder; `undefined` if it cannot be read, or was replaced meanwhile: a link that takes its place must not lead out.
 */
export async function readFolder(real: string, options: ReadFolderOptions): Promise<FolderContents | undefined> {
  try {
    return await (process.platform === 'linux' ? readByHandle(real, options) : readByPath(real, options));
  } catch (error) {
    if (options.signal.aborted) throw error;
    return undefined;
  }
}

/** Reads through a checked handle, so that nothing can be replaced in between. */
async function readByHandle(real: string, options: ReadFolderOptions): Promise<FolderContents | undefined> {
  const handle = await open(real, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const path = `/proc/self/fd/${handle.fd}`;
    const opened = await readlink(path).catch(() => undefined);
    // Without /proc, a handle cannot be checked.
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
