import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, HostError } from '../base/errors.ts';

/** The path of a database in memory: it is lost when it is closed. */
export const IN_MEMORY = ':memory:';

/**
 * Returns the path of a database file. SQLite opens a temporary database for an empty path and some URLs: runs would be lost without an
 * error.
 *
 * @throws ConfigError
 */
export function readDatabasePath(path: string | URL, caller: string): string {
  if (path instanceof URL) return readFileUrl(path, caller);
  const isPath = typeof path === 'string' && path.trim() !== '' && !path.includes('\0') && !/^file:/i.test(path);
  if (isPath) return path;
  const shown = typeof path === 'string' ? JSON.stringify(path) : String(path);
  const fix = /^"file:/i.test(shown) ? `new URL(${shown}) or its path` : `the path of a file, or "${IN_MEMORY}"`;
  throw new ConfigError(
    `${caller}: path is ${shown}, which is not the path of a file. Pass ${fix}; "${IN_MEMORY}" keeps everything in memory, and loses it when it is closed.`,
  );
}

function readFileUrl(url: URL, caller: string): string {
  try {
    if (url.search === '' && url.hash === '') return fileURLToPath(url);
  } catch {
    // The URL has another protocol, or a hostname.
  }
  throw new ConfigError(`${caller}: path is ${url.href}. Pass a file: URL without parameters, or a path.`);
}

/** Detects that a file was deleted or replaced while it is open: what is written to it then is lost. */
export class FileGuard {
  readonly #path: string;
  readonly #file: string;
  readonly #identity: string | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** The file must exist. */
  constructor(path: string) {
    this.#path = path;
    this.#file = resolve(path);
    this.#identity = path === IN_MEMORY ? undefined : readIdentity(this.#file);
  }

  /** Checks the file unless it was checked within the last 100 ms. @throws HostError `host.lost` */
  check(nowMs: number): void {
    if (nowMs - this.#checkedAt < CHECK_INTERVAL_MS) return;
    this.checkNow();
    this.#checkedAt = nowMs;
  }

  /** @throws HostError `host.lost` */
  checkNow(): void {
    if (this.#identity === undefined || this.#identity === readIdentity(this.#file)) return;
    throw new HostError(
      `The file "${this.#path}" was deleted or replaced while it was open, so nothing is stored any more. End this process, and put the file back before the next start.`,
      { code: 'host.lost' },
    );
  }
}

/** A check takes some microseconds; a write takes ten times as long. */
const CHECK_INTERVAL_MS = 100;

function readIdentity(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev} ${found.ino}`;
}
