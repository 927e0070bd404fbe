import type { Database } from './database.ts';

export interface HangWatchOptions {
  readonly executorId: string;
  readonly database: Database;
  /** Returns milliseconds of a clock that the date does not move. */
  readonly monotonic: () => number;
  /** After how long without a beat a worker counts as hanging. */
  readonly leaseMs: number;
}

interface BeatObservation {
  readonly beats: string;
  readonly since: number;
}

/**
 * Watches the beats of other workers. A hanging process keeps its connection and its lock, so its runs would wait for it: if its beats stand
 * still for `leaseMs`, its session is ended. Uses only the local clock, and only the time in which this worker was watching.
 */
export class HangWatch {
  readonly #options: HangWatchOptions;
  #observations: ReadonlyMap<string, BeatObservation> = new Map();
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HangWatchOptions) {
    this.#options = options;
  }

  async checkBeats(): Promise<void> {
    const { executorId, database, monotonic, leaseMs } = this.#options;
    const now = monotonic();
    const wasAway = now - this.#checkedAt > AWAY_MS; // This worker or the database was away, so beats may be missing.
    this.#checkedAt = now;
    const { rows } = await database.query(
      'SELECT executor_id, beats FROM pawl.executors WHERE executor_id <> $1 AND pawl.is_alive(executor_id)',
      [executorId],
    );
    const next = new Map<string, BeatObservation>();
    for (const row of rows) {
      const [id, beats] = [String(row['executor_id']), String(row['beats'])];
      const before = this.#observations.get(id);
      const since = wasAway || before?.beats !== beats ? now : before.since;
      next.set(id, { beats, since });
      if (now - since >= leaseMs) await this.#endSession(id, beats);
    }
    this.#observations = next;
  }

  async #endSession(executorId: string, beats: string): Promise<void> {
    await this.#options.database.query(
      'SELECT pg_terminate_backend(pawl.backend_of(executor_id)) FROM pawl.executors WHERE executor_id = $1 AND beats = $2',
      [executorId, beats],
    );
  }
}

/** Workers check once a second. */
const AWAY_MS = 5_000;
