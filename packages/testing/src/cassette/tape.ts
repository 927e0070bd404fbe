import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { differences, told } from '../base/differences.ts';
import { isObject, isSameJson, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import { CassetteError } from './errors.ts';
import type { RecordedCall, Recording, WireRecording } from './recording.ts';

/** The file of a cassette: a line for what it is, then one for each exchange. */
export class Tape {
  readonly #path: string;
  readonly #recordings: Recording[];
  readonly #used = new Set<Recording>();

  private constructor(path: string, recordings: readonly Recording[]) {
    this.#path = path;
    this.#recordings = [...recordings];
  }

  static empty(path: string): Tape {
    return new Tape(path, []);
  }

  /** @throws CassetteError for a file that is not there, or is no cassette. */
  static read(path: string): Tape {
    if (!existsSync(path)) {
      const message = `There is no cassette "${path}". Record it once: cassette(path, { mode: 'record' }), outside CI.`;
      throw new CassetteError(message, { code: 'cassette.missing' });
    }
    const [head, ...lines] = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    if (head !== HEAD) throw unreadable(`"${path}" is no cassette: its first line is not ${HEAD}.`);
    const recordings = lines.map((line, index) => {
      const found = readJson(line);
      if (isObject(found) && (found['type'] === 'wire' || found['type'] === 'turn'))
        return found as unknown as Recording; // As it was written.
      throw unreadable(`"${path}", line ${index + 2}, is no recording: ${sliceStart(line, 80)}`);
    });
    return new Tape(path, recordings);
  }

  /** The next recording of that request that was not played yet. */
  take(call: RecordedCall): Recording | undefined {
    const left = this.#recordings.filter((each) => !this.#used.has(each));
    const found = left.find((each) => (each.type === 'turn' ? true : isSameCall(each.request, call)));
    if (found !== undefined) this.#used.add(found);
    return found;
  }

  add(recording: Recording): void {
    this.#recordings.push(recording);
    this.#used.add(recording);
    this.save();
  }

  /** The whole file at once, so that a test that is stopped leaves no half of a line. */
  save(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${[HEAD, ...this.#recordings.map((each) => JSON.stringify(each))].join('\n')}\n`);
  }

  /** Why nothing was found: the recording that is nearest, and how it differs. */
  miss(call: RecordedCall): string {
    const known = this.#recordings.filter((each) => each.type === 'wire');
    const { length } = known.filter((each) => isSameCall(each.request, call));
    if (length > 0)
      return `Cassette "${this.#path}" has played its ${length} recordings of this request already. Record it again.`;
    const [nearest] = known
      .map((each) => ({ each, found: differences(each.request, call) }))
      .sort((one, other) => one.found.length - other.found.length);
    if (nearest === undefined)
      return `Cassette "${this.#path}" has no recordings. Record it: mode 'record', outside CI.`;
    const line = this.#recordings.indexOf(nearest.each) + 2;
    return `Cassette "${this.#path}" has no recording of this request. The nearest is in line ${line}:\n${told(nearest.found)}\nRecord it again (mode 'record'), or add to it (mode 'new').`;
  }

  /** How many were not played. */
  get left(): number {
    return this.#recordings.length - this.#used.size;
  }
}

const HEAD = '{"pawl":"cassette","version":1}';

function isSameCall(one: WireRecording['request'], other: RecordedCall): boolean {
  return one.method === other.method && one.path === other.path && isSameJson(one.body, other.body);
}

function unreadable(message: string): CassetteError {
  return new CassetteError(message, { code: 'cassette.unreadable' });
}
