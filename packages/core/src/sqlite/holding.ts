import type { Clock } from '../base/clock.ts';
import { Drain } from '../host/drain.ts';
import type { Leases } from './lease.ts';
import type { RunTable } from './run-table.ts';
import type { Writer } from './writer.ts';

export interface HoldingOptions {
  readonly clock: Clock;
  readonly leases: Leases;
  readonly leaseMs: number;
  readonly writer: Writer;
  readonly runTable: RunTable;
}

interface Held {
  readonly token: string;
  readonly cancel: AbortController;
}

/** The runs that this process works on: their leases are renewed for as long as there are any. */
export class Holding {
  readonly #options: HoldingOptions;
  readonly #drain: Drain;
  /** By the runs' ids. */
  readonly #held = new Map<string, Held>();
  #stopBeat: (() => void) | undefined;

  constructor(options: HoldingOptions) {
    this.#options = options;
    this.#drain = new Drain(options.clock);
  }

  /** @throws DurableError `host.closing` */
  checkOpen(): void {
    this.#drain.checkOpen();
  }

  /** Whether an attempt of this process's is at work on the run, or still believes so. */
  has(runId: string): boolean {
    return this.#held.has(runId);
  }

  /** Gives the signal by which the run is cancelled. */
  hold(runId: string, token: string): AbortSignal {
    const cancel = new AbortController();
    this.#held.set(runId, { token, cancel });
    this.#drain.add(runId);
    this.#stopBeat ??= this.#beat();
    return cancel.signal;
  }

  /** At once, where the run is at work here. */
  cancel(runId: string, reason: string): void {
    this.#held.get(runId)?.cancel.abort(reason);
  }

  /** Gives the token that the run was held by. */
  release(runId: string): string | undefined {
    const held = this.#held.get(runId);
    this.#held.delete(runId);
    this.#drain.remove(runId);
    if (this.#held.size > 0) return held?.token;
    this.#stopBeat?.();
    this.#stopBeat = undefined;
    return held?.token;
  }

  /** Waits until the last run was released, then takes the rest away from whoever has not stopped. */
  async close(graceMs: number): Promise<void> {
    const { clock, writer, runTable } = this.#options;
    const left = (await this.#drain.close(graceMs)).map((runId) => ({ runId, token: this.release(runId) }));
    const now = clock.now();
    // Also where none is left: what was asked for before comes first, so that the file is closed behind it.
    await writer.write(() => {
      for (const { runId, token } of left) {
        if (token !== undefined) runTable.release(runId, { token, outcome: undefined, now });
      }
    });
  }

  #beat(): () => void {
    const { clock, leases, leaseMs, writer, runTable } = this.#options;
    return clock.after(leaseMs / 3, () => {
      const held = [...this.#held];
      const renewed = writer.write(() => {
        const time = leases.newTime();
        for (const [runId, { token }] of held) runTable.renew(runId, { token, time });
        return held.map(([runId]) => [runId, runTable.cancelled(runId)] as const);
      });
      // Where it fails, the next write of a run that was lost by this says so.
      renewed.then((asked) => this.#cancelAll(asked)).catch(() => undefined);
      this.#stopBeat = this.#beat();
    });
  }

  #cancelAll(asked: readonly (readonly [string, string | undefined])[]): void {
    for (const [runId, reason] of asked) if (reason !== undefined) this.cancel(runId, reason);
  }
}
