import type { Clock, Outcome, Run } from '@pawl/core';
import type { ServeSettings } from '../options.ts';
import type { RunAttempt } from './run-reader.ts';

export interface ActiveRunOptions {
  /** Whether the run goes on when no client reads it. */
  readonly isBackground: boolean;
  readonly onDisconnect: ServeSettings['onDisconnect'];
  readonly clock: Clock;
}

/** A run that this process works on, or follows. */
export class ActiveRun implements RunAttempt {
  readonly run: Run<unknown>;
  #worker: string | undefined;
  readonly outcome: Promise<Outcome<unknown>>;
  readonly ended: Promise<unknown>;
  readonly begun: Promise<void>;
  readonly #options: ActiveRunOptions;
  #hasBegun = false;
  #hasEnded = false;
  #readers = 0;
  #stopGrace: (() => void) | undefined;

  constructor(run: Run<unknown>, options: ActiveRunOptions) {
    this.run = run;
    this.#options = options;
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    run.on('run.started', ({ path }) => {
      if (path === '') start();
    });
    this.outcome = run.outcome();
    this.ended = this.outcome.then(
      () => undefined,
      (error: unknown) => error,
    );
    this.begun = Promise.race([started, this.ended]).then(() => {
      this.#hasBegun = true;
    });
    void this.ended.then(() => {
      this.#hasEnded = true;
      this.#stopGrace?.();
    });
  }

  get worker(): string {
    this.#worker ??= createWorkerId();
    return this.#worker;
  }

  get runId(): string {
    return this.run.runId;
  }

  hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves when the run has begun. @throws HostError if it cannot begin */
  async begin(): Promise<void> {
    await this.begun;
    const failed = await Promise.race([this.ended, Promise.resolve()]);
    if (failed !== undefined) throw failed;
  }

  /** Counts a client that reads the run. Call the returned function when the client has gone. */
  hold(): () => void {
    this.#stopGrace?.();
    this.#stopGrace = undefined;
    this.#readers++;
    let hasGone = false;
    return () => {
      if (hasGone) return;
      hasGone = true;
      this.#readers--;
      if (this.#readers === 0) this.#onDisconnect();
    };
  }

  #onDisconnect(): void {
    const { isBackground, onDisconnect, clock } = this.#options;
    if (this.#hasEnded || isBackground || onDisconnect === 'continue') return;
    const abort = (): void => this.run.abort('The client has gone.');
    if (onDisconnect === 'abort') abort();
    else this.#stopGrace = clock.after(onDisconnect.graceMs, abort);
  }
}

function createWorkerId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => byte.toString(36))
    .join('')
    .slice(0, 12);
}
