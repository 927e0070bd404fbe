import { type Clock, DurableError } from '@pawl/core';
import type { Database } from './database.ts';

type Session = Awaited<ReturnType<Database['session']>>;

export interface ExecutorOptions {
  readonly executorId: string;
  readonly database: Database;
  readonly clock: Clock;
  /** Called once a second while the lock is held. */
  readonly onTick: () => Promise<void>;
  /** Called when the lock is lost: others take over what this process has at work. */
  readonly onLost: () => void;
}

/**
 * A worker's name, held by a session of PostgreSQL's for as long as the process lives and reaches the server: an advisory
 * lock, which goes with the session (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #closing = new AbortController();
  #session: Session | undefined;
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Begins to look after the runs of workers that are gone. */
  begin(): void {
    this.#ticking = this.#tick();
  }

  /** Whether others see this worker as alive. */
  get isHeld(): boolean {
    return this.#session !== undefined;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ticking;
    const session = this.#session;
    this.#session = undefined;
    await session?.end();
  }

  /** @throws DurableError `host.executor_taken` */
  async take(): Promise<void> {
    const { executorId, database, clock } = this.#options;
    const session = await database.session(() => this.#lose(session));
    // Whoever takes over the runs of a worker that died holds its name for a moment.
    for (let tries = 1; ; tries++) {
      const { rows } = await session.query('SELECT pg_try_advisory_lock(pawl.lock_key($1)) AS taken', [executorId]);
      if (rows[0]?.['taken'] === true) break;
      if (tries === TRIES) {
        await session.end();
        throw new DurableError(
          `Another worker is alive under executorId "${executorId}". Give each worker a name of its own.`,
          { code: 'host.executor_taken' },
        );
      }
      await clock.sleep(TRY_MS, this.#closing.signal);
    }
    await session.query('INSERT INTO pawl.executors VALUES ($1) ON CONFLICT DO NOTHING', [executorId]);
    this.#session = session;
  }

  #lose(session: Session): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#options.onLost();
  }

  async #tick(): Promise<void> {
    const { clock, onTick } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        if (!this.isHeld) await this.take();
        await onTick();
      } catch (error) {
        // The next one tries again; what it could not do stays written down.
        console.warn(error instanceof Error ? error.message : error);
      }
    }
  }
}

const TICK_MS = 1_000;
const TRY_MS = 100;
const TRIES = 20;
