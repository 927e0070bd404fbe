import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { findDifferences, formatDifferences } from '../base/find-differences.ts';
import { isObject, isSameJson, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import type { CassetteEntry, CassetteRequest, WireEntry } from './cassette-entry.ts';
import { CassetteError } from './errors.ts';

/** The file of a cassette: a line for what it is, then one for each exchange. */
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

  /** @throws CassetteError for a file that is not there, or is no cassette. */
  static read(path: string): CassetteFile {
    if (!existsSync(path)) {
      const message = `There is no cassette "${path}". Record it once: cassette(path, { mode: 'record' }), outside CI.`;
      throw new CassetteError(message, { code: 'cassette.missing' });
    }
    const [head, ...lines] = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    if (head !== HEAD) throw createUnreadableError(`"${path}" is no cassette: its first line is not ${HEAD}.`);
    const recordings = lines.map((line, index) => {
      const found = readJson(line);
      if (isObject(found) && (found['type'] === 'wire' || found['type'] === 'turn'))
        return found as unknown as CassetteEntry; // As it was written.
      throw createUnreadableError(`"${path}", line ${index + 2}, is no recording: ${sliceStart(line, 80)}`);
    });
    return new CassetteFile(path, recordings);
  }

  /** The next recording of that request that was not played yet. */
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

  /** The whole file at once, so that a test that is stopped leaves no half of a line. */
  save(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${[HEAD, ...this.#recordings.map((each) => JSON.stringify(each))].join('\n')}\n`);
  }

  /** Why nothing was found: the recording that is nearest, and how it differs. */
  describeMiss(call: CassetteRequest): string {
    const known = this.#recordings.filter((each) => each.type === 'wire');
    const { length } = known.filter((each) => isSameCall(each.request, call));
    if (length > 0)
      return `Cassette "${this.#path}" has played its ${length} recordings of this request already. Record it again.`;
    const [nearest] = known
      .map((each) => ({ each, found: findDifferences(each.request, call) }))
      .sort((one, other) => one.found.length - other.found.length);
    if (nearest === undefined)
      return `Cassette "${this.#path}" has no recordings. Record it: mode 'record', outside CI.`;
    const line = this.#recordings.indexOf(nearest.each) + 2;
    return `Cassette "${this.#path}" has no recording of this request. The nearest is in line ${line}:\n${formatDifferences(nearest.found)}\nRecord it again (mode 'record'), or add to it (mode 'new').`;
  }

  /** How many were not played. */
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
