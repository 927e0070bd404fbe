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
  readonly writer: Pick<Writer, 'write'>;
  readonly runTable: RunTable;
}

interface HeldLease {
  readonly claim: Claim;
  /** The run's number in the file. */
  readonly run: number;
}

/** The leases that this process holds. Renews them until the last one is removed. */
export class HeldLeases {
  readonly #options: HeldLeasesOptions;
  /** By run id. */
  readonly #held = new Map<string, HeldLease>();
  #stopRenewal: (() => void) | undefined;

  constructor(options: HeldLeasesOptions) {
    this.#options = options;
  }

  /** Whether an attempt of this process works on the run, or has not yet noticed that it lost it. */
  has(runId: string): boolean {
    return this.#held.has(runId);
  }

  /** Returns the number of the claimed run. @throws HostError `run.lost` if it was released. */
  getRunNumber({ runId, token }: Claim): number {
    const held = this.#held.get(runId);
    if (held?.claim.token !== token) throw createRunLostError(runId);
    return held.run;
  }

  add(claim: Claim, run: number): void {
    this.#held.set(claim.runId, { claim, run });
    this.#stopRenewal ??= this.#scheduleRenewal();
  }

  /** Returns whether the lease was held. */
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
      // If the renewal fails and another process takes the run, the next write of the run rejects with `run.lost`.
      renewed.then(cancelEach).catch(() => undefined);
      this.#stopRenewal = this.#scheduleRenewal();
    });
  }
}

function cancelEach(claims: readonly (readonly [Claim, string | undefined])[]): void {
  for (const [claim, reason] of claims) if (reason !== undefined) claim.cancel(reason);
}
