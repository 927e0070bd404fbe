import { checkOptions, type OptionTable } from '@pawl/core';
import { checkPositive } from '../base/check-positive.ts';
import { quote } from '../base/quote.ts';
import { sliceStart } from '../base/whole-characters.ts';

export interface OutputStoreOptions {
  /** Maximum characters of all outputs together; the oldest are dropped first. @defaultValue 16_777_216 */
  readonly maxTotalLength?: number;
}

const OUTPUT_STORE: OptionTable<OutputStoreOptions> = { keys: { maxTotalLength: 'number' } };

/** Identifies an output. A run reads only its own. */
export interface OutputKey {
  readonly runId: string;
  readonly toolCallId: string;
}

export interface StoredOutput {
  readonly text: string;
  /** Number of characters at the end that did not fit. */
  readonly lostLength: number;
}

/**
 * Stores the outputs of tools in memory, so that the model can read what a result omits. Pass one store to the tools and to `readOutput`.
 *
 * @throws ConfigError if a limit is not a whole number.
 */
export class OutputStore {
  readonly #maxTotalLength: number;
  /** In order of insertion. */
  readonly #outputs = new Map<string, StoredOutput & { readonly key: OutputKey }>();
  #totalLength = 0;

  constructor(options: OutputStoreOptions = {}) {
    const { maxTotalLength = 16_777_216 } = checkOptions(options, OUTPUT_STORE, 'OutputStore');
    checkPositive({ maxTotalLength }, 'read_output');
    this.#maxTotalLength = maxTotalLength;
  }

  /** Stores an output. It replaces an earlier output of the same call. */
  keep(key: OutputKey, text: string): void {
    const { runId, toolCallId } = key;
    const kept = sliceStart(text, this.#maxTotalLength);
    this.#drop(toName(key));
    for (const name of this.#outputs.keys()) {
      if (this.#totalLength + kept.length <= this.#maxTotalLength) break;
      this.#drop(name);
    }
    this.#outputs.set(toName(key), {
      key: { runId, toolCallId },
      text: kept,
      lostLength: text.length - kept.length,
    });
    this.#totalLength += kept.length;
  }

  find(key: OutputKey): StoredOutput | undefined {
    return this.#outputs.get(toName(key));
  }

  /** Lists the ids of a run's calls with a stored output, the latest first. */
  listCalls(runId: string): readonly string[] {
    return [...this.#outputs.values()]
      .filter(({ key }) => key.runId === runId)
      .map(({ key }) => key.toolCallId)
      .reverse();
  }

  #drop(name: string): void {
    this.#totalLength -= this.#outputs.get(name)?.text.length ?? 0;
    this.#outputs.delete(name);
  }
}

/** Says how the model reads the rest of a call's output, for `shortenMiddle`. */
export function describeRest(toolCallId: string): string {
  return `read them with read_output, call ${quote(toolCallId)}`;
}

/** JSON, so that different keys have different names, whatever characters the ids contain. */
function toName({ runId, toolCallId }: OutputKey): string {
  return JSON.stringify([runId, toolCallId]);
}
