import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ToolError } from '@pawl/core';
import { quoted } from '../base/quoted.ts';
import { Folder } from './folder.ts';
import type { Jail } from './jail.ts';
import { openFile } from './open-file.ts';
import type { Place } from './place.ts';
import { codeOf, problem } from './problem.ts';
import { tooLarge, versionOf, wholeOf } from './version.ts';

/** A file as it was when it was looked at. */
export interface Existing extends Place {
  readonly bytes: Buffer;
  readonly version: string;
  /** Its permission bits. */
  readonly mode: number;
}

interface Looking {
  readonly path: string;
  readonly signal: AbortSignal;
}

/** The whole of a file that may be written. */
export async function existing(jail: Jail, looking: Looking): Promise<Existing> {
  const { handle, inside } = await openFile(jail, looking);
  try {
    const bytes = await wholeOf(handle, looking);
    if (bytes === undefined) throw tooLarge(inside.shown);
    const folder = jail.admit(dirname(inside.real), looking.path);
    const { mode } = await handle.stat();
    // Renaming over it would need no right to write it.
    if ((mode & WRITERS) === 0) throw new ToolError(`${quoted(inside.shown)} is write-protected. Nothing was written.`);
    return {
      folder,
      name: basename(inside.real),
      shown: inside.shown,
      bytes,
      version: versionOf(bytes),
      mode: mode & 0o777,
    };
  } finally {
    await handle.close();
  }
}

/** Whoever may write a file. */
const WRITERS = 0o222;

interface Writing {
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal;
}

/** Puts a new content in a file's place, at once or not at all, unless the file has changed since it was looked at. */
export async function replaceFile(before: Existing, { bytes, signal }: Writing): Promise<void> {
  await throughTemporary(before, {
    bytes,
    signal,
    mode: before.mode,
    async move(folder, temporary) {
      if ((await versionAt(folder.at(before.name), signal)) !== before.version) throw changed(before.shown);
      await rename(temporary, folder.at(before.name));
    },
  });
}

/** Makes a file where there is none: one that somebody else has made meanwhile stays. */
export async function createFile(place: Place, { bytes, signal }: Writing): Promise<void> {
  await throughTemporary(place, {
    bytes,
    signal,
    mode: undefined,
    async move(folder, temporary) {
      // A link, since renaming would take the place of whatever is there by now.
      await link(temporary, folder.at(place.name)).catch((error: unknown) => {
        throw codeOf(error) === 'EEXIST' ? existsAlready(place.shown) : error;
      });
    },
  });
}

interface Temporary extends Writing {
  readonly mode: number | undefined;
  readonly move: (folder: Folder, temporary: string) => Promise<void>;
}

async function throughTemporary(place: Place, { bytes, signal, mode, move }: Temporary): Promise<void> {
  const folder = await Folder.open(place.folder, place.shown);
  const temporary = folder.at(`.pawl-${randomBytes(8).toString('hex')}.tmp`);
  try {
    await writeSynced(temporary, { bytes, signal, mode });
    signal.throwIfAborted();
    await move(folder, temporary);
    await unlink(temporary).catch(() => undefined);
    await folder.sync();
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    signal.throwIfAborted();
    throw ToolError.isInstance(error) ? error : notWritten(error, place.shown);
  } finally {
    await folder.close();
  }
}

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

async function writeSynced(
  temporary: string,
  { bytes, signal, mode }: Pick<Temporary, 'bytes' | 'signal' | 'mode'>,
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

/** `undefined` where there is none, or something else than a file. */
async function versionAt(path: string, signal: AbortSignal): Promise<string | undefined> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch(() => undefined);
  try {
    const isFile = (await handle?.stat())?.isFile() === true;
    const bytes = isFile && handle !== undefined ? await wholeOf(handle, { signal }) : undefined;
    return bytes === undefined ? undefined : versionOf(bytes);
  } finally {
    await handle?.close();
  }
}

export function changed(shown: string): ToolError {
  return new ToolError(`${quoted(shown)} has changed since you read it. Nothing was written. Read it again.`);
}

export function existsAlready(shown: string): ToolError {
  return new ToolError(
    `${quoted(shown)} exists already. Nothing was written. Read it first, and pass the version that you are told.`,
  );
}

function notWritten(error: unknown, shown: string): ToolError {
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ToolError(`${quoted(shown)} may not be written by this process.`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new ToolError(`${quoted(shown)} was not written: there is no room left on the disk.`);
    case 'EISDIR':
      return new ToolError(`${quoted(shown)} is a folder, not a file.`);
    default:
      return problem(error, shown);
  }
}
