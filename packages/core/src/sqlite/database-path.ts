import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, HostError } from '../base/errors.ts';

/** A database that goes with the host: what is kept in it nobody finds again. */
export const IN_MEMORY = ':memory:';

/**
 * The path of a database file as a text. SQLite takes an empty one, and some URLs, for a temporary database: runs would be lost
 * without an error.
 *
 * @throws ConfigError
 */
export function readPath(path: string | URL, caller: string): string {
  if (path instanceof URL) return readFileUrl(path, caller);
  const isPath = typeof path === 'string' && path.trim() !== '' && !path.includes('\0') && !/^file:/i.test(path);
  if (isPath) return path;
  const shown = typeof path === 'string' ? JSON.stringify(path) : String(path);
  const fix = /^"file:/i.test(shown) ? `new URL(${shown}) or its path` : `the path of a file, or "${IN_MEMORY}"`;
  throw new ConfigError(
    `${caller}: the path is ${shown}, which names no file. Pass ${fix}; "${IN_MEMORY}" keeps everything in memory, and loses it when it is closed.`,
  );
}

function readFileUrl(url: URL, caller: string): string {
  try {
    if (url.search === '' && url.hash === '') return fileURLToPath(url);
  } catch {
    // Another protocol, or a host.
  }
  throw new ConfigError(`${caller}: the path is ${url.href}. Pass a file: URL without parameters, or a path.`);
}

/** Notices that a file was deleted or replaced while it is open: what is written to it then, nobody finds again. */
export class FileGuard {
  readonly #path: string;
  readonly #file: string;
  readonly #identity: string | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** The file has to be there. */
  constructor(path: string) {
    this.#path = path;
    this.#file = resolve(path);
    this.#identity = path === IN_MEMORY ? undefined : readIdentity(this.#file);
  }

  /** Looks at the file when it was not looked at for a moment. @throws HostError `host.lost` */
  check(nowMs: number): void {
    if (nowMs - this.#checkedAt < CHECK_INTERVAL_MS) return;
    this.checkNow();
    this.#checkedAt = nowMs;
  }

  /** @throws HostError `host.lost` */
  checkNow(): void {
    if (this.#identity === undefined || this.#identity === readIdentity(this.#file)) return;
    throw new HostError(
      `The file "${this.#path}" was deleted or replaced while it was open, so that nothing is kept any more. Put it back before the next start, and end this process.`,
      { code: 'host.lost' },
    );
  }
}

/** Looking at it costs some microseconds; a write costs ten times as much. */
const CHECK_INTERVAL_MS = 100;

function readIdentity(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev} ${found.ino}`;
}
