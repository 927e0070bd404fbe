import type { Claim } from '@pawl/core/host';

/** A run that is at work here. */
export interface HeldAttempt {
  readonly claim: Claim;
  /** Of the step that was put last. */
  position: number;
  /** Others have taken it over by now, or may. */
  isLost: boolean;
  /** The attempt broke off because of the host: it is no fault of the run's, and another attempt is to go on. */
  isInterrupted: boolean;
}

/** What this process has at work. */
export class Attempts {
  readonly #held = new Map<string, HeldAttempt>();
  /** Of runs that are just being taken, too. */
  readonly #tokens = new Set<string>();
  /** Workflows that came from a queue, by the run that they are an attempt at. */
  readonly #offered = new Map<string, string>();

  get tokens(): readonly string[] {
    return [...this.#tokens];
  }

  /** Of the runs that others may have taken over. */
  get lostTokens(): readonly string[] {
    return [...this.#held.values()].flatMap(({ isLost, claim }) => (isLost ? [claim.token] : []));
  }

  has(runId: string): boolean {
    return this.#held.has(runId);
  }

  /** The attempt that has that claim, while it is at work here. */
  find({ runId, token }: Claim): HeldAttempt | undefined {
    const held = this.#held.get(runId);
    return held?.claim.token === token ? held : undefined;
  }

  cancel(runId: string, reason: string): void {
    this.#held.get(runId)?.claim.cancel(reason);
  }

  /** The claim counts as one of this process from now until the run is let go, or `work` gives nothing to hold. */
  async holdWhile<T>(claim: Claim, work: () => Promise<T | undefined>): Promise<T | undefined> {
    this.#tokens.add(claim.token);
    try {
      const taken = await work();
      if (taken !== undefined) this.#held.set(claim.runId, { claim, position: 0, isLost: false, isInterrupted: false });
      return taken;
    } finally {
      if (this.find(claim) === undefined) this.#tokens.delete(claim.token);
    }
  }

  /** The steps of an attempt are put after this position. */
  setPosition(claim: Claim, position: number): void {
    const held = this.find(claim);
    if (held !== undefined) held.position = position;
  }

  release(claim: Claim): void {
    if (this.find(claim) !== undefined) this.#held.delete(claim.runId);
    this.#tokens.delete(claim.token);
  }

  markAllLost(): void {
    for (const held of this.#held.values()) held.isLost = true;
  }

  /** Nobody has taken these meanwhile. */
  markHeld(tokens: ReadonlySet<string>): void {
    for (const held of this.#held.values()) if (tokens.has(held.claim.token)) held.isLost = false;
  }

  offer(runId: string, workflowId: string): void {
    this.#offered.set(runId, workflowId);
  }

  takeOffer(runId: string): string | undefined {
    const workflowId = this.#offered.get(runId);
    this.#offered.delete(runId);
    return workflowId;
  }
}
