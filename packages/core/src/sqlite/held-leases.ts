import type { Clock } from '../base/clock.ts';
import { createRunLostError } from '../host/check-answer.ts';
import type { Claim } from '../host/run-store.ts';
import type { Leases } from './leases.ts';
import type { RunTable } from './run-table.ts';
import type { Writer } from './writer.ts';

export interface HeldLeasesOptions {
  readonly clock: Clock;
  readonly leases: Leases;
  readonly leaseMs: number;
  readonly writer: Writer;
  readonly runTable: RunTable;
}

interface HeldLease {
  readonly claim: Claim;
  /** The run's number in the file. */
  readonly run: number;
}

/** The leases of this process: they are renewed for as long as there are any. */
export class HeldLeases {
  readonly #options: HeldLeasesOptions;
  /** By the runs' ids. */
  readonly #held = new Map<string, HeldLease>();
  #stopRenewal: (() => void) | undefined;

  constructor(options: HeldLeasesOptions) {
    this.#options = options;
  }

  /** Whether an attempt of this process's is at work on the run, or still believes so. */
  has(runId: string): boolean {
    return this.#held.has(runId);
  }

  /** The number of the run that is claimed. @throws HostError `run.lost` if it was released. */
  getRunNumber({ runId, token }: Claim): number {
    const held = this.#held.get(runId);
    if (held?.claim.token !== token) throw createRunLostError(runId);
    return held.run;
  }

  add(claim: Claim, run: number): void {
    this.#held.set(claim.runId, { claim, run });
    this.#stopRenewal ??= this.#scheduleRenewal();
  }

  /** Gives whether it was there. */
  remove({ runId, token }: Claim): boolean {
    if (this.#held.get(runId)?.claim.token !== token) return false;
    this.#held.delete(runId);
    if (this.#held.size > 0) return true;
    this.#stopRenewal?.();
    this.#stopRenewal = undefined;
    return true;
  }

  #scheduleRenewal(): () => void {
    const { clock, leases, leaseMs, writer, runTable } = this.#options;
    return clock.after(leaseMs / 3, () => {
      const claims = [...this.#held.values()].map(({ claim }) => claim);
      const renewed = writer.write(() => {
        const time = leases.createLeaseTime();
        for (const { runId, token } of claims) runTable.renew(runId, { token, time });
        return claims.map((claim) => [claim, runTable.readCancelReason(claim.runId)] as const);
      });
      // Where it fails, the next write of a run that was lost by this says so.
      renewed.then(cancelEach).catch(() => undefined);
      this.#stopRenewal = this.#scheduleRenewal();
    });
  }
}

function cancelEach(claims: readonly (readonly [Claim, string | undefined])[]): void {
  for (const [claim, reason] of claims) if (reason !== undefined) claim.cancel(reason);
}
