import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { FilePlace } from './find-place.ts';
import { FolderHandle } from './folder-handle.ts';
import type { Jail } from './jail.ts';
import { openFile } from './open-file.ts';
import { readErrorCode, toToolError } from './to-tool-error.ts';
import { computeVersion, createTooLargeError, readWhole } from './version.ts';

/** A file as it was when it was read. */
export interface ExistingFile extends FilePlace {
  readonly bytes: Buffer;
  readonly version: string;
  /** Permission bits. */
  readonly mode: number;
}

interface FileRequest {
  readonly path: string;
  readonly signal: AbortSignal;
}

/** Reads a file that may be written. */
export async function readExisting(jail: Jail, looking: FileRequest): Promise<ExistingFile> {
  const { handle, inside } = await openFile(jail, looking);
  try {
    const bytes = await readWhole(handle, looking);
    if (bytes === undefined) throw createTooLargeError(inside.displayPath);
    const folder = jail.admit(dirname(inside.real), looking.path);
    const { mode } = await handle.stat();
    // Renaming over a file needs no permission to write it, so the permission is checked here.
    if ((mode & WRITE_BITS) === 0)
      throw new ToolError(`${quote(inside.displayPath)} is write-protected. Nothing was written.`);
    return {
      folder,
      name: basename(inside.real),
      displayPath: inside.displayPath,
      bytes,
      version: computeVersion(bytes),
      mode: mode & 0o777,
    };
  } finally {
    await handle.close();
  }
}

/** Permission to write, for owner, group or others. */
const WRITE_BITS = 0o222;

interface FileContent {
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal;
}

/** Replaces a file's content atomically. Rejects with a `ToolError` if the file has changed since it was read. */
export async function replaceFile(before: ExistingFile, { bytes, signal }: FileContent): Promise<void> {
  await writeThroughTemporary(before, {
    bytes,
    signal,
    mode: before.mode,
    async move(folder, temporary) {
      if ((await readVersion(folder.join(before.name), signal)) !== before.version)
        throw createChangedError(before.displayPath);
      await rename(temporary, folder.join(before.name));
    },
  });
}

/** Creates a file. Rejects with a `ToolError` if one exists by now. */
export async function createFile(place: FilePlace, { bytes, signal }: FileContent): Promise<void> {
  await writeThroughTemporary(place, {
    bytes,
    signal,
    mode: undefined,
    async move(folder, temporary) {
      // Links instead of renaming: renaming would replace a file that another process has created meanwhile.
      await link(temporary, folder.join(place.name)).catch((error: unknown) => {
        throw readErrorCode(error) === 'EEXIST' ? createExistsError(place.displayPath) : error;
      });
    },
  });
}

interface TemporaryFile extends FileContent {
  readonly mode: number | undefined;
  readonly move: (folder: FolderHandle, temporary: string) => Promise<void>;
}

async function writeThroughTemporary(place: FilePlace, { bytes, signal, mode, move }: TemporaryFile): Promise<void> {
  const folder = await FolderHandle.open(place.folder, place.displayPath);
  const temporary = folder.join(`.pawl-${randomBytes(8).toString('hex')}.tmp`);
  try {
    await writeSynced(temporary, { bytes, signal, mode });
    signal.throwIfAborted();
    await move(folder, temporary);
    await unlink(temporary).catch(() => undefined);
    await folder.sync();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    signal.throwIfAborted();
    throw ToolError.isInstance(error) ? error : createWriteError(error, place.displayPath);
  } finally {
    await folder.close();
  }
}

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

async function writeSynced(
  temporary: string,
  { bytes, signal, mode }: Pick<TemporaryFile, 'bytes' | 'signal' | 'mode'>,
): Promise<void> {
  const handle = await open(temporary, FLAGS, 0o666);
  try {
    if (mode !== undefined) await handle.chmod(mode);
    await handle.writeFile(bytes, { signal });
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `undefined` if nothing exists there, or it is not a file. */
async function readVersion(path: string, signal: AbortSignal): Promise<string | undefined> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch(() => undefined);
  try {
    const isFile = (await handle?.stat())?.isFile() === true;
    const bytes = isFile && handle !== undefined ? await readWhole(handle, { signal }) : undefined;
    return bytes === undefined ? undefined : computeVersion(bytes);
  } finally {
    await handle?.close();
  }
}

export function createChangedError(displayPath: string): ToolError {
  return new ToolError(`${quote(displayPath)} has changed since you read it. Nothing was written. Read it again.`);
}

export function createExistsError(displayPath: string): ToolError {
  return new ToolError(
    `${quote(displayPath)} already exists. Nothing was written. Read it first, and pass the version that read_file returns.`,
  );
}

function createWriteError(error: unknown, displayPath: string): ToolError {
  switch (readErrorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ToolError(`${quote(displayPath)} cannot be written: this process has no permission.`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new ToolError(`${quote(displayPath)} was not written: the disk is full. Tell the user.`);
    case 'EISDIR':
      return new ToolError(`${quote(displayPath)} is a folder. Pass the path of a file.`);
    default:
      return toToolError(error, displayPath);
  }
}
