import type { Clock } from '../base/clock.ts';
import { DurableError } from '../base/errors.ts';
import type { RunTable } from './run-table.ts';
import type { Writer } from './writer.ts';

export interface HoldingOptions {
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly writer: Writer;
  readonly runTable: RunTable;
}

/** The runs that this process works on: their leases are renewed for as long as there are any. */
export class Holding {
  readonly #options: HoldingOptions;
  /** Tokens, by the runs' ids. */
  readonly #held = new Map<string, string>();
  #stopBeat: (() => void) | undefined;
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: HoldingOptions) {
    this.#options = options;
  }

  /** @throws DurableError `host.closing` */
  checkOpen(): void {
    if (!this.#isClosing) return;
    throw new DurableError('The host is closing: no step begins any more. Resume the run by its id, on another host.', {
      code: 'host.closing',
    });
  }

  hold(runId: string, token: string): void {
    this.#held.set(runId, token);
    this.#stopBeat ??= this.#beat();
  }

  /** Gives the token that the run was held by. */
  release(runId: string): string | undefined {
    const token = this.#held.get(runId);
    this.#held.delete(runId);
    if (this.#held.size > 0) return token;
    this.#stopBeat?.();
    this.#stopBeat = undefined;
    this.#onEmpty?.();
    return token;
  }

  /** Waits until the last run was released, then takes the rest away from whoever has not stopped. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const { clock, writer, runTable } = this.#options;
    if (this.#held.size > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(graceMs, resolve);
        this.#onEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    const now = clock.now();
    const left = [...this.#held.keys()].flatMap((runId) => this.release(runId) ?? []);
    // Also where none is left: what was asked for before comes first, so that the file is closed behind it.
    await writer.write(() => {
      for (const token of left) runTable.release(token, { outcome: undefined, now });
    });
  }

  #beat(): () => void {
    const { clock, leaseMs, writer, runTable } = this.#options;
    return clock.after(leaseMs / 3, () => {
      const until = clock.now() + leaseMs;
      const tokens = [...this.#held.values()];
      const renewed = writer.write(() => {
        for (const token of tokens) runTable.renew(token, until);
      });
      renewed.catch(() => undefined); // The next write of a run that was lost by this says so.
      this.#stopBeat = this.#beat();
    });
  }
}
