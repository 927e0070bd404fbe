import { type Clock, HostError } from '@pawl/core';
import type { Database, Session } from './database.ts';

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
 * lock, which goes with the session (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). In it the worker
 * counts its own ticks, so that others see whether it gets to anything.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #closing = new AbortController();
  #session: Session | undefined;
  /** The server's process that had the lock last. It may not have noticed yet that its client is gone. */
  #lastBackend = 0;
  #loops: readonly Promise<void>[] = [];

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Begins to look after the runs of workers that are gone. */
  startLoops(): void {
    this.#loops = [this.#runTicks(), this.#countBeats()];
  }

  /** Whether others see this worker as alive. */
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
    // Whoever takes over the runs of a worker that died holds its name for a moment.
    for (let tries = 1; tries <= TRIES; tries++) {
      const { rows } = await session.query(
        `SELECT pg_try_advisory_lock(pawl.lock_key($1)) AS taken,
         CASE WHEN pawl.backend_of($1) = $2 THEN pg_terminate_backend($2) END AS ended`,
        [executorId, this.#lastBackend],
      );
      if (rows[0]?.['taken'] === true) return;
      await clock.sleep(TRY_MS, this.#closing.signal);
    }
    throw new HostError(
      `Another worker is alive under executorId "${executorId}". Give each worker a name of its own.`,
      { code: 'host.executor_taken' },
    );
  }

  #handleLostLock(session: Session): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#options.onLost();
  }

  /** Beside the ticks: one may take long, where a worker has left many runs. */
  async #countBeats(): Promise<void> {
    const { executorId, clock } = this.#options;
    const { signal } = this.#closing;
    const beat = 'UPDATE pawl.executors SET beats = beats + 1 WHERE executor_id = $1';
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
      await this.#session?.query(beat, [executorId]).catch(() => undefined); // A session that fails ends, and is told by that.
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
        // The next one tries again; what it could not do stays written down.
        if (!signal.aborted) console.warn(error instanceof Error ? error.message : error);
      }
    }
  }
}

/** A client that is gone without a word, or can't be reached, keeps its lock until the server looks for it. */
const DETECT_DEAD_CLIENTS =
  'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2';

const TICK_MS = 1_000;
const TRY_MS = 100;
const TRIES = 20;
