import { type Clock, HostError } from '@pawl/core';
import type { Database, Session } from './database.ts';

export interface ExecutorOptions {
  readonly executorId: string;
  readonly database: Database;
  readonly clock: Clock;
  /** Called once a second while the lock is held. */
  readonly onTick: () => Promise<void>;
  /** Called when the lock is lost: other workers take over the runs of this process. */
  readonly onLost: () => void;
}

/**
 * Holds the name of a worker by an advisory lock, as long as the process lives and reaches the server: the lock ends with the session
 * (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). The worker also counts beats, so that others see whether it hangs.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #closing = new AbortController();
  #session: Session | undefined;
  /** The backend that had the lock last. It may not yet have noticed that its client is gone. */
  #lastBackend = 0;
  #loops: readonly Promise<void>[] = [];

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Starts the ticks and the count of beats. */
  startLoops(): void {
    this.#loops = [this.#runTicks(), this.#countBeats()];
  }

  /** Whether the worker holds its lock, so that others see it as alive. */
  get isHeld(): boolean {
    return this.#session !== undefined;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#loops);
    const session = this.#session;
    this.#session = undefined;
    await session?.end();
  }

  /** @throws HostError `host.executor_taken` */
  async acquireLock(): Promise<void> {
    const { executorId, database } = this.#options;
    const session = await database.openSession((ended) => this.#handleLostLock(ended));
    try {
      await session.query(DETECT_DEAD_CLIENTS);
      await this.#tryLock(session);
      await session.query('INSERT INTO pawl.executors VALUES ($1) ON CONFLICT DO NOTHING', [executorId]);
    } catch (error) {
      await session.end();
      throw error;
    }
    this.#session = session;
    this.#lastBackend = session.backend;
  }

  async #tryLock(session: Session): Promise<void> {
    const { executorId, clock } = this.#options;
    // A worker that takes over the runs of a dead one holds its lock for a short time.
    for (let tries = 1; tries <= MAX_LOCK_TRIES; tries++) {
      const { rows } = await session.query(
        `SELECT pg_try_advisory_lock(pawl.lock_key($1)) AS taken,
         CASE WHEN pawl.backend_of($1) = $2 THEN pg_terminate_backend($2) END AS ended`,
        [executorId, this.#lastBackend],
      );
      if (rows[0]?.['taken'] === true) return;
      await clock.sleep(LOCK_RETRY_MS, this.#closing.signal);
    }
    throw new HostError(
      `executorId is "${executorId}", and another live worker has that name. Pass a name that is unique to this worker.`,
      { code: 'host.executor_taken' },
    );
  }

  #handleLostLock(session: Session): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#options.onLost();
  }

  /** Counts beats in a loop of its own: a tick may take long if a dead worker had many runs. */
  async #countBeats(): Promise<void> {
    const { executorId, clock } = this.#options;
    const { signal } = this.#closing;
    const beat = 'UPDATE pawl.executors SET beats = beats + 1 WHERE executor_id = $1';
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
      await this.#session?.query(beat, [executorId]).catch(() => undefined); // A failed session ends, and calls `onEnd`.
    }
  }

  async #runTicks(): Promise<void> {
    const { clock, onTick } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        if (this.#session === undefined) await this.acquireLock();
        await onTick();
      } catch (error) {
        // The next tick tries again: what is left to do is stored in the database.
        if (!signal.aborted) console.warn(error instanceof Error ? error.message : error);
      }
    }
  }
}

/** Without keepalives, a client that vanished or is unreachable keeps its lock for hours. */
const DETECT_DEAD_CLIENTS =
  'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2';

const TICK_MS = 1_000;
const LOCK_RETRY_MS = 100;
const MAX_LOCK_TRIES = 20;
