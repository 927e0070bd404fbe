import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { ToolError } from '@pawl/core';
import { quote } from '../base/quote.ts';
import type { AllowedPath } from './allowed-folders.ts';
import { toToolError } from './to-tool-error.ts';

/** An open folder. Operations on its entries stay in this folder if its path is replaced meanwhile. */
export class FolderHandle {
  readonly #handle: FileHandle;
  readonly #base: string;

  private constructor(handle: FileHandle, base: string) {
    this.#handle = handle;
    this.#base = base;
  }

  /** Rejects if the path leads to another folder by now. Outside Linux this is checked only when the folder is opened. */
  static async open({ real, displayPath }: AllowedPath, path: string): Promise<FolderHandle> {
    const flags = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
    const handle = await open(real, flags).catch((error: unknown) => {
      throw toToolError(error, path);
    });
    const isSame = await isAtPath(handle, real);
    if (isSame) return new FolderHandle(handle, process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : real);
    await handle.close();
    throw new ToolError(`${quote(displayPath || '.')} changed during the call. Nothing was written. Try again.`);
  }

  /** Returns a path to an entry of this folder. */
  join(name: string): string {
    return `${this.#base}/${name}`;
  }

  /** Makes renames durable if the machine fails. Some file systems cannot sync folders; that error is ignored. */
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
