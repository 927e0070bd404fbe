import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@pawl/core';
import type { AllowedFolders, AllowedPath, IgnoreFilter } from './allowed-folders.ts';
import { type FolderEntry, readFolder } from './read-folder.ts';

export interface WalkOptions {
  readonly allowedFolders: AllowedFolders;
  /** Maximum entries in the result. */
  readonly maxEntries: number;
  /** Maximum characters of all paths together. */
  readonly maxLength: number;
  /** Maximum entries to visit, wanted or not. */
  readonly maxVisited: number;
  /** Maximum depth of folders to enter; 1 enters only the folders that the walk starts at. */
  readonly maxDepth: number;
  readonly maxDurationMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether the result includes an entry. A folder is entered in either case. */
  readonly isWanted: (found: FoundEntry) => boolean;
  /** Decides what is skipped. @defaultValue skips nothing */
  readonly ignoreFilter?: IgnoreFilter;
}

export interface FoundEntry extends AllowedPath, FolderEntry {}

/** Why there may be more entries than the result has. */
export type WalkStop = 'entries' | 'visited' | 'depth' | 'time';

export interface WalkResult {
  /** Sorted by path: each folder before its entries. */
  readonly found: readonly FoundEntry[];
  readonly stops: ReadonlySet<WalkStop>;
  /** Number of folders that could not be read. */
  readonly unreadCount: number;
}

/** Lists what is below some folders. Visits upper levels first, so that a limit omits the deepest ones. Follows no links, and skips what is denied. */
export async function walk(starts: readonly AllowedPath[], options: WalkOptions): Promise<WalkResult> {
  const { maxDepth } = options;
  const tally = new WalkState(options);
  for (const start of starts) await options.ignoreFilter?.begin(start);
  let level = starts;
  for (let depth = 1; level.length > 0 && !tally.isFull; depth++) {
    if (depth > maxDepth) {
      tally.stops.add('depth');
      break;
    }
    const next: AllowedPath[] = [];
    for (const folder of level) {
      tally.checkTime();
      if (tally.isFull) break;
      next.push(...(await tally.visit(folder)));
    }
    level = next;
  }
  return { found: tally.found.sort(comparePaths), stops: tally.stops, unreadCount: tally.unreadCount };
}

const TURN_MS = 10;

class WalkState {
  readonly found: FoundEntry[] = [];
  readonly stops: Set<WalkStop> = new Set();
  unreadCount = 0;
  #visited = 0;
  #length = 0;
  readonly #options: WalkOptions;
  readonly #until: number;
  #turnStartedAt = performance.now();

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#until = options.clock.now() + options.maxDurationMs;
  }

  checkTime(): void {
    if (this.#options.clock.now() >= this.#until) this.stops.add('time');
  }

  get isFull(): boolean {
    return this.stops.size > 0;
  }

  /** Visits a folder, and returns the folders in it. */
  async visit(folder: AllowedPath): Promise<readonly AllowedPath[]> {
    const { allowedFolders, signal, maxVisited, ignoreFilter } = this.#options;
    const contents = await readFolder(folder.real, { signal, maxEntries: maxVisited - this.#visited });
    if (contents === undefined) {
      this.unreadCount++;
      return [];
    }
    const folders: AllowedPath[] = [];
    for (const entry of contents.entries) {
      this.checkTime();
      if (this.isFull) return folders;
      await this.#yieldTurn();
      this.#visited++;
      const inside = allowedFolders.findChild(folder, entry.name);
      if (inside === undefined || ignoreFilter?.isIgnored({ ...inside, ...entry }, folder) === true) continue;
      if (!this.#add({ ...inside, ...entry })) return folders;
      if (!entry.isFolder) continue;
      folders.push(inside);
      await ignoreFilter?.enter(inside, folder);
    }
    if (contents.isCut) this.stops.add('visited');
    return folders;
  }

  /** Yields to the event loop: hostile rules and globs can make each name cost milliseconds. */
  async #yieldTurn(): Promise<void> {
    if (performance.now() - this.#turnStartedAt < TURN_MS) return;
    await setImmediate();
    this.#options.signal.throwIfAborted();
    this.#turnStartedAt = performance.now();
  }

  /** Returns whether the limits allow another entry. */
  #add(found: FoundEntry): boolean {
    const { isWanted, maxEntries, maxLength } = this.#options;
    if (!isWanted(found)) return true;
    this.#length += found.displayPath.length;
    if (this.found.length >= maxEntries || this.#length > maxLength) {
      this.stops.add('entries');
      return false;
    }
    this.found.push(found);
    return true;
  }
}

/** Sorts the slash before every other character, so that a folder's entries follow it. */
function comparePaths(a: FoundEntry, b: FoundEntry): number {
  return a.displayPath.replaceAll('/', '\0') < b.displayPath.replaceAll('/', '\0') ? -1 : 1;
}
