import { checkOptions, type OptionTable } from '@pawl/core';
import { checkPositive } from '../base/check-positive.ts';
import { quote } from '../base/quoted.ts';
import { sliceStart } from '../base/whole.ts';

export interface OutputStoreOptions {
  /** The most characters of all outputs together; the oldest are dropped first. @defaultValue 16_777_216 */
  readonly maxTotalLength?: number;
}

const OUTPUTS: OptionTable<OutputStoreOptions> = { keys: { maxTotalLength: 'number' } };

/** Whose output: a run reads its own only. */
export interface OutputKey {
  readonly runId: string;
  readonly callId: string;
}

export interface KeptOutput {
  readonly text: string;
  /** Characters at its end that did not fit. */
  readonly lost: number;
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
  readonly #kept = new Map<string, KeptOutput & { readonly key: OutputKey }>();
  #totalLength = 0;

  constructor(options: OutputStoreOptions = {}) {
    const { maxTotalLength = 16_777_216 } = checkOptions(options, OUTPUTS, 'OutputStore');
    checkPositive({ maxTotalLength }, 'read_output');
    this.#maxTotalLength = maxTotalLength;
  }

  /** A later output of a call with the same id takes the place of the earlier one. */
  keep(key: OutputKey, text: string): void {
    const { runId, callId } = key;
    const kept = sliceStart(text, this.#maxTotalLength);
    this.#drop(nameOf(key));
    for (const name of this.#kept.keys()) {
      if (this.#totalLength + kept.length <= this.#maxTotalLength) break;
      this.#drop(name);
    }
    this.#kept.set(nameOf(key), { key: { runId, callId }, text: kept, lost: text.length - kept.length });
    this.#totalLength += kept.length;
  }

  find(key: OutputKey): KeptOutput | undefined {
    return this.#kept.get(nameOf(key));
  }

  /** The ids of a run's calls whose output is there, the latest first. */
  callsOf(runId: string): readonly string[] {
    return [...this.#kept.values()]
      .filter(({ key }) => key.runId === runId)
      .map(({ key }) => key.callId)
      .reverse();
  }

  #drop(name: string): void {
    this.#totalLength -= this.#kept.get(name)?.text.length ?? 0;
    this.#kept.delete(name);
  }
}

/** How the model reads the rest of a call's output: for `capped`. */
export function restOf(callId: string): string {
  return `read_output has them, with call ${quote(callId)}`;
}

/** JSON, so that no two keys have one name whatever the ids have in them. */
function nameOf({ runId, callId }: OutputKey): string {
  return JSON.stringify([runId, callId]);
}
