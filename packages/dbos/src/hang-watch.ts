import type { Database } from './database.ts';

export interface HangWatchOptions {
  readonly executorId: string;
  readonly database: Database;
  /** Milliseconds that no change of the date moves. */
  readonly monotonic: () => number;
  /** How long a worker may get to nothing. */
  readonly leaseMs: number;
}

interface BeatObservation {
  readonly beats: string;
  readonly since: number;
}

/**
 * Looks at the beats of other workers. One whose process stands still holds its lock, since its connection does not end: where its
 * beats stood still for the time of a lease, its session is ended, so that its runs are taken over. No clock but the own one is
 * read, and only for the time in which this worker was there to look.
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
    const wasAway = now - this.#checkedAt > AWAY_MS; // Or the database was: nobody could count.
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

/** A worker looks every second. */
const AWAY_MS = 5_000;
