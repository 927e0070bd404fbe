import { checkOptions, type OptionTable } from '@pawl/core';
import { checkPositive } from '../base/check-positive.ts';
import { quote } from '../base/quote.ts';
import { sliceStart } from '../base/whole-characters.ts';

export interface OutputStoreOptions {
  /** The most characters of all outputs together; the oldest are dropped first. @defaultValue 16_777_216 */
  readonly maxTotalLength?: number;
}

const OUTPUT_STORE: OptionTable<OutputStoreOptions> = { keys: { maxTotalLength: 'number' } };

/** Whose output: a run reads its own only. */
export interface OutputKey {
  readonly runId: string;
  readonly toolCallId: string;
}

export interface StoredOutput {
  readonly text: string;
  /** Characters at its end that did not fit. */
  readonly lostLength: number;
}

/**
 * Keeps what tools put out, in this process's memory, so that the model can read what a result leaves out. Hand one to the
 * tools and to `readOutput`.
 *
 * @throws ConfigError for a cap that is no whole number.
 */
export class OutputStore {
  readonly #maxTotalLength: number;
  /** In the order in which they were kept. */
  readonly #outputs = new Map<string, StoredOutput & { readonly key: OutputKey }>();
  #totalLength = 0;

  constructor(options: OutputStoreOptions = {}) {
    const { maxTotalLength = 16_777_216 } = checkOptions(options, OUTPUT_STORE, 'OutputStore');
    checkPositive({ maxTotalLength }, 'read_output');
    this.#maxTotalLength = maxTotalLength;
  }

  /** A later output of a call with the same id takes the place of the earlier one. */
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

  /** The ids of a run's calls whose output is there, the latest first. */
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

/** How the model reads the rest of a call's output: for `capped`. */
export function describeRest(toolCallId: string): string {
  return `read_output has them, with call ${quote(toolCallId)}`;
}

/** JSON, so that no two keys have one name whatever the ids have in them. */
function toName({ runId, toolCallId }: OutputKey): string {
  return JSON.stringify([runId, toolCallId]);
}
