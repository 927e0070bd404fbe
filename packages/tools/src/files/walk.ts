import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@pawl/core';
import { type Entry, readFolder } from './read-folder.ts';
import type { Ignoring, Inside, Territory } from './territory.ts';

export interface WalkOptions {
  readonly territory: Territory;
  /** The most entries that are given. */
  readonly maxEntries: number;
  /** The most characters of their paths. */
  readonly maxLength: number;
  /** The most entries that are looked at, wanted or not. */
  readonly maxVisited: number;
  /** Folders are looked into that deep; 1 is only the one that the walk starts at. */
  readonly maxDepth: number;
  readonly maxDurationMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether an entry is given; a folder that is not is looked through all the same. */
  readonly wants: (found: Found) => boolean;
  /** What is passed over, with all below it. @defaultValue nothing */
  readonly ignored?: Ignoring;
}

export interface Found extends Inside, Entry {}

/** Why there may be more than what was found. */
export type Stop = 'entries' | 'visited' | 'depth' | 'time';

export interface Walked {
  /** Folder by folder, each before what is in it. */
  readonly found: readonly Found[];
  readonly stops: ReadonlySet<Stop>;
  /** How many folders could not be read. */
  readonly unread: number;
}

/** What is below some folders: the upper levels first, so that a cap cuts the depths. Follows no link; passes over what is denied. */
export async function walk(starts: readonly Inside[], options: WalkOptions): Promise<Walked> {
  const { maxDepth } = options;
  const tally = new Tally(options);
  for (const start of starts) await options.ignored?.begin(start);
  let level = starts;
  for (let depth = 1; level.length > 0 && !tally.isFull; depth++) {
    if (depth > maxDepth) {
      tally.stops.add('depth');
      break;
    }
    const next: Inside[] = [];
    for (const folder of level) {
      tally.checkTime();
      if (tally.isFull) break;
      next.push(...(await tally.visit(folder)));
    }
    level = next;
  }
  return { found: tally.found.sort(byPath), stops: tally.stops, unread: tally.unread };
}

const TURN_MS = 10;

class Tally {
  readonly found: Found[] = [];
  readonly stops: Set<Stop> = new Set();
  unread = 0;
  #visited = 0;
  #length = 0;
  readonly #options: WalkOptions;
  readonly #until: number;
  #turn = performance.now();

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

  /** The folders in a folder. */
  async visit(folder: Inside): Promise<readonly Inside[]> {
    const { territory, signal, maxVisited, ignored } = this.#options;
    const contents = await readFolder(folder.real, { signal, maxEntries: maxVisited - this.#visited });
    if (contents === undefined) {
      this.unread++;
      return [];
    }
    const folders: Inside[] = [];
    for (const entry of contents.entries) {
      this.checkTime();
      if (this.isFull) return folders;
      await this.#giveTurn();
      this.#visited++;
      const inside = territory.child(folder, entry.name);
      if (inside === undefined || ignored?.isIgnored({ ...inside, ...entry }, folder) === true) continue;
      if (!this.#take({ ...inside, ...entry })) return folders;
      if (!entry.isFolder) continue;
      folders.push(inside);
      await ignored?.enter(inside, folder);
    }
    if (contents.isCut) this.stops.add('visited');
    return folders;
  }

  /** Rules and globs from outside can make each name cost some milliseconds. */
  async #giveTurn(): Promise<void> {
    if (performance.now() - this.#turn < TURN_MS) return;
    await setImmediate();
    this.#options.signal.throwIfAborted();
    this.#turn = performance.now();
  }

  /** Whether there was room. */
  #take(found: Found): boolean {
    const { wants, maxEntries, maxLength } = this.#options;
    if (!wants(found)) return true;
    this.#length += found.shown.length;
    if (this.found.length >= maxEntries || this.#length > maxLength) {
      this.stops.add('entries');
      return false;
    }
    this.found.push(found);
    return true;
  }
}

/** As if the slash came before every other sign: what is in a folder follows it. */
function byPath(a: Found, b: Found): number {
  return a.shown.replaceAll('/', '\0') < b.shown.replaceAll('/', '\0') ? -1 : 1;
}
