import type { Claim } from '@pawl/core/host';

/** An attempt that this process works on. */
export interface HeldAttempt {
  readonly claim: Claim;
  /** The position of the last step that was stored. */
  position: number;
  /** Another worker may have taken the run over. */
  isLost: boolean;
  /** A failure of the host interrupted the attempt. Another attempt has to continue the run. */
  isInterrupted: boolean;
}

/** The attempts that this process works on. */
export class Attempts {
  readonly #held = new Map<string, HeldAttempt>();
  /** Includes the tokens of runs that are being claimed. */
  readonly #tokens = new Set<string>();
  /** Workflows that came from a queue, by run id. */
  readonly #offered = new Map<string, string>();

  get tokens(): readonly string[] {
    return [...this.#tokens];
  }

  /** The tokens of the runs that other workers may have taken over. */
  get lostTokens(): readonly string[] {
    return [...this.#held.values()].flatMap(({ isLost, claim }) => (isLost ? [claim.token] : []));
  }

  has(runId: string): boolean {
    return this.#held.has(runId);
  }

  /** Finds the attempt of a claim; `undefined` if this process does not work on it. */
  find({ runId, token }: Claim): HeldAttempt | undefined {
    const held = this.#held.get(runId);
    return held?.claim.token === token ? held : undefined;
  }

  cancel(runId: string, reason: string): void {
    this.#held.get(runId)?.claim.cancel(reason);
  }

  /** Counts the claim as held from now on, until `release`, or until `work` fails or resolves `undefined`. */
  async holdWhile<T>(claim: Claim, work: () => Promise<T | undefined>): Promise<T | undefined> {
    this.#tokens.add(claim.token);
    try {
      const claimed = await work();
      if (claimed !== undefined)
        this.#held.set(claim.runId, { claim, position: 0, isLost: false, isInterrupted: false });
      return claimed;
    } finally {
      if (this.find(claim) === undefined) this.#tokens.delete(claim.token);
    }
  }

  /** Sets the position after which the attempt stores its steps. */
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

  /** Marks the attempts with these tokens as held again: no other worker has taken their runs over. */
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
