import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { AllowedPath } from './allowed-folders.ts';
import type { Jail } from './jail.ts';
import { readErrorCode, toToolError } from './to-tool-error.ts';

export interface OpenedFile {
  /** To be closed by whoever asked. */
  readonly handle: FileHandle;
  readonly inside: AllowedPath;
}

/** What is replaced all the time (a status file) is tried a few times. */
const MAX_TRIES = 5;

/**
 * Opens a regular file. What was opened is checked by its handle, so that a link that changes between the check and the
 * opening leads nowhere. Devices, pipes and sockets are refused without waiting for them.
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
  throw new ToolError(`${quote(path)} changes all the time: it could not be opened. Try again.`);
}

/** Without these the opening may wait for a writer, follow a link put there meanwhile, or take a terminal. */
const OPEN_FLAGS =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** How the file system says that what was found a moment ago is gone, or a link now. */
const CHANGED_CODES: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** `undefined` where it changed since it was found. */
async function openRegular(real: string, path: string): Promise<FileHandle | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Asked before, since opening is not harmless for every device.
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

/** Where a handle really points to: by /proc on Linux, else by what the path leads to now. `undefined` where these differ. */
async function resolveHandlePath(handle: FileHandle, real: string): Promise<string | undefined> {
  const link =
    process.platform === 'linux' ? await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined) : undefined;
  // What was replaced since it was opened was still there when it was: the kernel marks its name.
  if (link === real || link === `${real} (deleted)`) return real;
  try {
    const path = link ?? (await realpath(real));
    const [opened, now] = await Promise.all([handle.stat({ bigint: true }), stat(path, { bigint: true })]);
    return opened.dev === now.dev && opened.ino === now.ino ? path : undefined;
  } catch {
    return undefined;
  }
}
