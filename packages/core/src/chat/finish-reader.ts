import { isRecord } from '../base/json.ts';
import { shorten } from '../base/text.ts';
import { type FinishClass, type FinishKind, isUnfinishedWord, readFinishReason } from './finish-reason.ts';
import type { RepairList } from './repair-list.ts';
import type { FinishReason } from './response.ts';

export interface FinishReaderOptions {
  /** `choices[0].finish_reason`. */
  readonly path: string;
  readonly repairs: RepairList;
}

/** What else of the choice says how it ended. */
export interface MessageTraits {
  readonly hasCalls: boolean;
  /** Whether they stood in the text. */
  readonly hasTextCalls: boolean;
  readonly hasRefusal: boolean;
}

/** The finish reason of one choice, wherever it stands and however often it comes. */
export class FinishReader {
  readonly #path: string;
  readonly #repairs: RepairList;
  #word: string | undefined;
  #finish: FinishClass | undefined;

  constructor({ path, repairs }: FinishReaderOptions) {
    this.#path = path;
    this.#repairs = repairs;
  }

  get isFinished(): boolean {
    return this.#word !== undefined;
  }

  get kind(): FinishKind | undefined {
    return this.#finish?.kind;
  }

  /** The word that counts, as the server wrote it. */
  get word(): string | undefined {
    return this.#word;
  }

  /** Reads a finish reason. Of several the one that says more counts: some servers write `stop` after each. */
  read(value: unknown): void {
    const word = this.#readWord(value);
    if (word === undefined || word === this.#word) return;
    const finish = readFinishReason(word);
    const before = this.#word;
    if (before !== undefined && (finish?.reason ?? word) !== (this.#finish?.reason ?? before)) {
      this.#addRepair('two different ones: the one that says more is kept');
    }
    if (before !== undefined && rankFinish(finish) <= rankFinish(this.#finish)) return;
    this.#word = word;
    this.#finish = finish;
  }

  /** Takes a word that stands elsewhere, such as `stop_reason`, if a vendor is known to use it. */
  readFrom(place: string, value: unknown): void {
    const finish = typeof value === 'string' ? readFinishReason(value) : undefined;
    if (typeof value !== 'string' || finish === undefined) return;
    this.#addRepair(`${this.#word === undefined ? 'missing' : quoteWord(this.#word)}: taken from ${place}`);
    this.#word = value;
    this.#finish = finish;
  }

  build({ hasCalls, hasTextCalls, hasRefusal }: MessageTraits): FinishReason | null {
    const word = this.#word;
    const finish = this.#finish;
    if (word === undefined) {
      this.#addRepair('null: the server gave none');
      return null;
    }
    if (finish === undefined) {
      this.#addRepair(`${quoteWord(word)} is not a documented one: kept`);
      return word;
    }
    if (finish.reason === undefined) {
      this.#addRepair(`${quoteWord(word)} says that this choice failed: kept`);
      return word;
    }
    // The model's own words say more than a classifier's.
    const reason = hasRefusal && /^refusal$/i.test(word) ? 'stop' : finish.reason;
    if (reason === 'stop' && hasTextCalls) {
      this.#addRepair(`${quoteWord(word)} beside calls in the text: now "tool_calls"`);
      return 'tool_calls';
    }
    if (reason !== word) this.#addRepair(`${quoteWord(word)} is not a documented one: now "${reason}"`);
    else if (reason === 'stop' && hasCalls) this.#addRepair('"stop" beside tool calls: kept');
    return reason;
  }

  #readWord(value: unknown): string | undefined {
    if (value === null || value === undefined || value === '') return undefined;
    if (typeof value === 'string') {
      if (!isUnfinishedWord(value)) return value;
      this.#addRepair(`${quoteWord(value)}, read as none`);
      return undefined;
    }
    // SGLang's own form: `{ "type": "length", "length": 16 }`.
    const type = isRecord(value) ? value['type'] : undefined;
    if (typeof type === 'string' && type !== '') {
      this.#addRepair('an object, read as its type');
      return this.#readWord(type);
    }
    this.#addRepair(`a ${typeof value}, left out`);
    return undefined;
  }

  #addRepair(note: string): void {
    this.#repairs.add(this.#path, note);
  }
}

/** How much a word says of the end; an unknown one more than `stop`. */
function rankFinish(finish: FinishClass | undefined): number {
  return finish === undefined ? 1 : RANKS[finish.kind];
}

const RANKS: Readonly<Record<FinishKind, number>> = { stop: 0, calls: 2, cut: 3, filtered: 4, failed: 5 };

function quoteWord(word: string): string {
  return `"${shorten(word, 50)}"`;
}
