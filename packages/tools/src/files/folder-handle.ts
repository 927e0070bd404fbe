import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { AllowedPath } from './allowed-folders.ts';
import { toToolError } from './to-tool-error.ts';

/** A folder that is held, so that what happens in it happens there, whatever its path leads to meanwhile. */
export class FolderHandle {
  readonly #handle: FileHandle;
  readonly #base: string;

  private constructor(handle: FileHandle, base: string) {
    this.#handle = handle;
    this.#base = base;
  }

  /** Rejects where the path leads elsewhere by now. Outside Linux that is known only for the moment of opening. */
  static async open({ real, displayPath }: AllowedPath, path: string): Promise<FolderHandle> {
    const flags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
    const handle = await open(real, flags).catch((error: unknown) => {
      throw toToolError(error, path);
    });
    const isHere = await isAtPath(handle, real);
    if (isHere) return new FolderHandle(handle, process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : real);
    await handle.close();
    throw new ToolError(
      `${quote(displayPath || '.')} changed while it was written to. Nothing was written. Try again.`,
    );
  }

  /** Where an entry of it is, for the file system. */
  join(name: string): string {
    return `${this.#base}/${name}`;
  }

  /** What was renamed in it stays renamed when the machine fails. Not every file system can say so of folders. */
  async sync(): Promise<void> {
    await this.#handle.sync().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function isAtPath(handle: FileHandle, real: string): Promise<boolean> {
  if (process.platform === 'linux') return (await readlink(`/proc/self/fd/${handle.fd}`)) === real;
  try {
    if ((await realpath(real)) !== real) return false;
    const [opened, now] = await Promise.all([handle.stat({ bigint: true }), stat(real, { bigint: true })]);
    return opened.dev === now.dev && opened.ino === now.ino;
  } catch {
    return false;
  }
}
