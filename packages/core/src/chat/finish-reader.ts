import { isRecord } from '../base/json.ts';
import { shorten } from '../base/text.ts';
import { type FinishClass, type FinishKind, isUnfinishedReason, readFinishReason } from './finish-reason.ts';
import type { RepairList } from './repair-list.ts';
import type { FinishReason } from './response.ts';

export interface FinishReaderOptions {
  /** `choices[0].finish_reason`. */
  readonly path: string;
  readonly repairs: RepairList;
}

/** Properties of the message that also say how the choice ended. */
export interface MessageTraits {
  readonly hasCalls: boolean;
  /** Whether the calls were in the text. */
  readonly hasTextCalls: boolean;
  readonly hasRefusal: boolean;
}

/** Reads the finish reason of one choice, from any field, once or several times. */
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

  /** The finish reason that counts, as the server wrote it. */
  get word(): string | undefined {
    return this.#word;
  }

  /** Reads a finish reason. If several come, the most specific one counts, because some servers send `stop` after each. */
  read(value: unknown): void {
    const sent = this.#readReason(value);
    if (sent === undefined || sent === this.#word) return;
    const finish = readFinishReason(sent);
    const before = this.#word;
    if (before !== undefined && (finish?.reason ?? sent) !== (this.#finish?.reason ?? before)) {
      this.#addRepair('two different ones: the one that says more is kept');
    }
    if (before !== undefined && rankFinish(finish) <= rankFinish(this.#finish)) return;
    this.#word = sent;
    this.#finish = finish;
  }

  /** Takes a finish reason from another field, such as `stop_reason`, if a vendor is known to use that value. */
  readFrom(place: string, value: unknown): void {
    const finish = typeof value === 'string' ? readFinishReason(value) : undefined;
    if (typeof value !== 'string' || finish === undefined) return;
    this.#addRepair(`${this.#word === undefined ? 'missing' : quoteReason(this.#word)}: taken from ${place}`);
    this.#word = value;
    this.#finish = finish;
  }

  build({ hasCalls, hasTextCalls, hasRefusal }: MessageTraits): FinishReason | null {
    const sent = this.#word;
    const finish = this.#finish;
    if (sent === undefined) {
      this.#addRepair('null: the server gave none');
      return null;
    }
    if (finish === undefined) {
      this.#addRepair(`${quoteReason(sent)} is not a documented one: kept`);
      return sent;
    }
    if (finish.reason === undefined) {
      this.#addRepair(`${quoteReason(sent)} says that this choice failed: kept`);
      return sent;
    }
    // The model refused in its own text, so the response is not filtered.
    const reason = hasRefusal && /^refusal$/i.test(sent) ? 'stop' : finish.reason;
    if (reason === 'stop' && hasTextCalls) {
      this.#addRepair(`${quoteReason(sent)} beside calls in the text: now "tool_calls"`);
      return 'tool_calls';
    }
    if (reason !== sent) this.#addRepair(`${quoteReason(sent)} is not a documented one: now "${reason}"`);
    else if (reason === 'stop' && hasCalls) this.#addRepair('"stop" beside tool calls: kept');
    return reason;
  }

  #readReason(value: unknown): string | undefined {
    if (value === null || value === undefined || value === '') return undefined;
    if (typeof value === 'string') {
      if (!isUnfinishedReason(value)) return value;
      this.#addRepair(`${quoteReason(value)}, read as none`);
      return undefined;
    }
    // SGLang's own form: `{ "type": "length", "length": 16 }`.
    const type = isRecord(value) ? value['type'] : undefined;
    if (typeof type === 'string' && type !== '') {
      this.#addRepair('an object, read as its type');
      return this.#readReason(type);
    }
    this.#addRepair(`a ${typeof value}, left out`);
    return undefined;
  }

  #addRepair(note: string): void {
    this.#repairs.add(this.#path, note);
  }
}

/** How specific a finish reason is. An unknown one is more specific than `stop`. */
function rankFinish(finish: FinishClass | undefined): number {
  return finish === undefined ? 1 : RANKS[finish.kind];
}

const RANKS: Readonly<Record<FinishKind, number>> = { stop: 0, calls: 2, cut: 3, filtered: 4, failed: 5 };

function quoteReason(word: string): string {
  return `"${shorten(word, 50)}"`;
}
