import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { AllowedPath } from './allowed-folders.ts';
import type { Jail } from './jail.ts';
import { readErrorCode, toToolError } from './to-tool-error.ts';

export interface OpenedFile {
  /** The caller closes it. */
  readonly handle: FileHandle;
  readonly inside: AllowedPath;
}

/** A file that another process keeps replacing is tried so often. */
const MAX_TRIES = 5;

/**
 * Opens a regular file. Checks the path of the open handle, too, so that a link that is placed between check and opening leads nowhere.
 * Refuses devices, pipes and sockets without waiting for them.
 */
export async function openFile(
  jail: Jail,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<OpenedFile> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    signal.throwIfAborted();
    const { real } = await jail.find(path, { signal });
    const handle = await openRegular(real, path);
    if (handle === undefined) continue;
    try {
      const opened = await resolveHandlePath(handle, real);
      if (opened !== undefined) return { handle, inside: jail.admit(opened, path) };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
  }
  throw new ToolError(`${quote(path)} keeps changing, so it could not be opened. Try again.`);
}

/** Without these flags, opening may wait for a writer, follow a link that was placed meanwhile, or acquire a terminal. */
const OPEN_FLAGS =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** Error codes for a path that was removed, or replaced by a link, since it was found. */
const CHANGED_CODES: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** `undefined` if the path has changed since it was found. */
async function openRegular(real: string, path: string): Promise<FileHandle | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Checked before opening, too: opening some devices has effects.
    checkIsFile(await lstat(real), path);
    handle = await open(real, OPEN_FLAGS);
    checkIsFile(await handle.stat(), path);
    return handle;
  } catch (error) {
    await handle?.close();
    if (ToolError.isInstance(error)) throw error;
    if (CHANGED_CODES.has(readErrorCode(error))) return undefined;
    throw toToolError(error, path);
  }
}

function checkIsFile(stats: Stats, path: string): void {
  if (stats.isFile() || stats.isSymbolicLink()) return;
  throw new ToolError(`${quote(path)} is ${describeKind(stats)}, not a file.`);
}

function describeKind(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/** Returns the path of an open file: from /proc on Linux, else by comparing with the path's current file. `undefined` if they differ. */
async function resolveHandlePath(handle: FileHandle, real: string): Promise<string | undefined> {
  const link =
    process.platform === 'linux' ? await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined) : undefined;
  // The kernel appends "(deleted)" if the file was replaced after it was opened. It was at this path when it was opened.
  if (link === real || link === `${real} (deleted)`) return real;
  try {
    const path = link ?? (await realpath(real));
    const [opened, now] = await Promise.all([handle.stat({ bigint: true }), stat(path, { bigint: true })]);
    return opened.dev === now.dev && opened.ino === now.ino ? path : undefined;
  } catch {
    return undefined;
  }
}
