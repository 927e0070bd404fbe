/** A run that is at work here. */
export interface Held {
  readonly token: string;
  readonly cancel: AbortController;
  /** Others have taken it over by now, or may. */
  isLost: boolean;
  /** The attempt broke off because of the host: it is no fault of the run's, and another attempt is to go on. */
  isCutOff: boolean;
}

/** What this process has at work. */
export class Attempts {
  readonly #held = new Map<string, Held>();
  /** Of runs that are just being taken, too. */
  readonly #tokens = new Set<string>();
  /** Workflows that came from a queue, by the run that they are an attempt at. */
  readonly #offered = new Map<string, string>();

  get tokens(): readonly string[] {
    return [...this.#tokens];
  }

  /** Of the runs that others may have taken over. */
  get lostTokens(): readonly string[] {
    return [...this.#held.values()].flatMap(({ isLost, token }) => (isLost ? [token] : []));
  }

  held(runId: string): Held | undefined {
    return this.#held.get(runId);
  }

  /** Calls with a token that counts as one of this process from now until the run is let go, or could not be had. */
  async taking<T>(work: (token: string) => Promise<T>): Promise<T> {
    const token = crypto.randomUUID();
    this.#tokens.add(token);
    try {
      return await work(token);
    } finally {
      const isHeld = [...this.#held.values()].some((held) => held.token === token);
      if (!isHeld) this.#tokens.delete(token);
    }
  }

  hold(runId: string, held: Held): void {
    this.#held.set(runId, held);
  }

  letGo(runId: string, { token }: Held): void {
    if (this.#held.get(runId)?.token === token) this.#held.delete(runId);
    this.#tokens.delete(token);
  }

  loseAll(): void {
    for (const held of this.#held.values()) held.isLost = true;
  }

  /** Nobody has taken these meanwhile. */
  regain(tokens: ReadonlySet<string>): void {
    for (const held of this.#held.values()) if (tokens.has(held.token)) held.isLost = false;
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
