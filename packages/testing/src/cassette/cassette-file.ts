import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { findDifferences, formatDifferences } from '../base/find-differences.ts';
import { isObject, isSameJson, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import type { CassetteEntry, CassetteRequest, WireEntry } from './cassette-entry.ts';
import { CassetteError } from './errors.ts';

/** The file of a cassette: a header line, then one line per exchange. */
export class CassetteFile {
  readonly #path: string;
  readonly #recordings: CassetteEntry[];
  readonly #played = new Set<CassetteEntry>();

  private constructor(path: string, recordings: readonly CassetteEntry[]) {
    this.#path = path;
    this.#recordings = [...recordings];
  }

  static create(path: string): CassetteFile {
    return new CassetteFile(path, []);
  }

  /** @throws CassetteError if the file is missing or is not a cassette. */
  static read(path: string): CassetteFile {
    if (!existsSync(path)) {
      const message = `Cassette file "${path}" does not exist. Record it once: cassette(path, { mode: 'record' }), outside CI.`;
      throw new CassetteError(message, { code: 'cassette.missing' });
    }
    const [head, ...lines] = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    if (head !== HEAD) throw createUnreadableError(`"${path}" is not a cassette: its first line is not ${HEAD}.`);
    const recordings = lines.map((line, index) => {
      const found = readJson(line);
      if (isObject(found) && (found['type'] === 'wire' || found['type'] === 'turn'))
        return found as unknown as CassetteEntry; // Written by `save`.
      throw createUnreadableError(
        `"${path}", line ${index + 2}, is not an entry of a cassette: ${sliceStart(line, 80)}`,
      );
    });
    return new CassetteFile(path, recordings);
  }

  /** Returns the next unplayed entry for this request. */
  take(call: CassetteRequest): CassetteEntry | undefined {
    const left = this.#recordings.filter((each) => !this.#played.has(each));
    const found = left.find((each) => (each.type === 'turn' ? true : isSameCall(each.request, call)));
    if (found !== undefined) this.#played.add(found);
    return found;
  }

  add(recording: CassetteEntry): void {
    this.#recordings.push(recording);
    this.#played.add(recording);
    this.save();
  }

  /** Writes the whole file at once: an interrupted test leaves no partial line. */
  save(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${[HEAD, ...this.#recordings.map((each) => JSON.stringify(each))].join('\n')}\n`);
  }

  /** Explains a miss: names the nearest entry and the differences. */
  describeMiss(call: CassetteRequest): string {
    const known = this.#recordings.filter((each) => each.type === 'wire');
    const { length } = known.filter((each) => isSameCall(each.request, call));
    if (length > 0)
      return `Cassette "${this.#path}" has played its ${length} entries for this request already. Record the cassette again.`;
    const [nearest] = known
      .map((each) => ({ each, found: findDifferences(each.request, call) }))
      .sort((one, other) => one.found.length - other.found.length);
    if (nearest === undefined) return `Cassette "${this.#path}" is empty. Record it: mode 'record', outside CI.`;
    const line = this.#recordings.indexOf(nearest.each) + 2;
    return `Cassette "${this.#path}" has no entry for this request. The nearest is on line ${line}:\n${formatDifferences(nearest.found)}\nRecord the cassette again (mode 'record'), or add the request (mode 'new').`;
  }

  /** The number of entries that were not played. */
  get unplayedCount(): number {
    return this.#recordings.length - this.#played.size;
  }
}

const HEAD = '{"pawl":"cassette","version":1}';

function isSameCall(one: WireEntry['request'], other: CassetteRequest): boolean {
  return one.method === other.method && one.path === other.path && isSameJson(one.body, other.body);
}

function createUnreadableError(message: string): CassetteError {
  return new CassetteError(message, { code: 'cassette.unreadable' });
}
