import type { StartedRun } from './run-start.ts';

interface KnownRequest {
  readonly run: Promise<StartedRun>;
  /** The hash of its body. */
  readonly hash: string;
  readonly at: number;
}

/** How long a client may send a request again. */
export const RETRY_WINDOW_MS = 600_000;

/**
 * What this process knows of the requests of the last ten minutes that the host knows nothing of: those that are beginning a run, those whose message
 * went to a run that was open, and those whose clients went away before they had the answer.
 */
export class KnownRequests {
  readonly #requests = new Map<string, KnownRequest>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Finds a request by its owner and its key or hash. */
  find(id: string): Pick<KnownRequest, 'run' | 'hash'> | undefined {
    this.#forgetOld();
    return this.#requests.get(id);
  }

  /** Remembers the run of a request, from before it has begun. A run that does not begin is forgotten. */
  add(id: string, { run, hash }: Pick<KnownRequest, 'run' | 'hash'>): void {
    this.#forgetOld();
    const request = { run, hash, at: this.#now() };
    this.#requests.delete(id); // The newest is the last.
    this.#requests.set(id, request);
    run.catch(() => {
      if (this.#requests.get(id) === request) this.#requests.delete(id);
    });
  }

  remove(id: string): void {
    this.#requests.delete(id);
  }

  #forgetOld(): void {
    for (const [id, { at }] of this.#requests) {
      if (at > this.#now() - RETRY_WINDOW_MS) return;
      this.#requests.delete(id);
    }
  }
}
