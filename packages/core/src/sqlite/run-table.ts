import type { DatabaseSync } from 'node:sqlite';
import type { RunRecord, RunStatus } from '../durable/host.ts';
import { recordFrom, recordText } from '../durable/record-text.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Lease } from './lease.ts';

export interface RunRow {
  readonly record: RunRecord;
  readonly status: RunStatus;
  readonly outcome: Outcome<unknown> | undefined;
  readonly attempts: number;
  readonly updatedAt: number;
  readonly lease: Lease | undefined;
  readonly cancelled: string | undefined;
}

/** The runs of a file, a row each. Every method is one statement; parameters by name or in order: Node 22.18 binds no `?1`. */
export class RunTable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(runId: string): RunRow | undefined {
    const row = this.#database.prepare('SELECT * FROM runs WHERE run_id = ?').get(runId);
    return row === undefined ? undefined : runRow(row);
  }

  list({
    status,
    agent,
    limit,
  }: {
    readonly status?: RunStatus;
    readonly agent?: string;
    readonly limit: number;
  }): readonly RunRow[] {
    const where = '($status IS NULL OR status = $status) AND ($agent IS NULL OR agent = $agent)';
    return this.#database
      .prepare(`SELECT * FROM runs WHERE ${where} ORDER BY rowid LIMIT $limit`)
      .all({ status: status ?? null, agent: agent ?? null, limit })
      .map(runRow);
  }

  /** With a lease its first attempt begins at once; without one the run is queued. */
  insert(record: RunRecord, lease?: Lease): void {
    const { runId, agent, at } = record;
    const [status, attempts] = lease === undefined ? ['queued', 0] : ['running', 1];
    const held = [lease?.token ?? null, lease?.place ?? null, lease?.pid ?? null, lease?.until ?? null];
    this.#database
      .prepare('INSERT INTO runs VALUES (?, ?, ?, ?, NULL, ?, ?, ?, NULL, ?, ?, ?, ?)')
      .run(runId, agent, recordText(record), status, attempts, at, at, ...held);
  }

  /** Another attempt at the run begins. */
  lease(runId: string, { lease, now }: { readonly lease: Lease; readonly now: number }): void {
    const { token, place, pid, until } = lease;
    this.#database
      .prepare(
        `UPDATE runs SET status = 'running', outcome = NULL, attempts = attempts + 1, updated_at = ?,
         lease_token = ?, lease_place = ?, lease_pid = ?, lease_until = ? WHERE run_id = ?`,
      )
      .run(now, token, place, pid, until, runId);
  }

  cancel(runId: string, reason: string): void {
    this.#database.prepare('UPDATE runs SET cancelled = ? WHERE run_id = ?').run(reason, runId);
  }

  /** Why, where somebody cancelled the run. */
  cancelled(runId: string): string | undefined {
    const reason = this.#database.prepare('SELECT cancelled FROM runs WHERE run_id = ?').get(runId)?.['cancelled'];
    return typeof reason === 'string' ? reason : undefined;
  }

  renew(token: string, until: number): void {
    this.#database.prepare('UPDATE runs SET lease_until = ? WHERE lease_token = ?').run(until, token);
  }

  /** Ends an attempt; nothing where the lease is another's by now. */
  release(
    token: string,
    { outcome, now }: { readonly outcome: Outcome<unknown> | undefined; readonly now: number },
  ): void {
    this.#database
      .prepare(
        `UPDATE runs SET status = ?, outcome = ?, updated_at = ?,
         lease_token = NULL, lease_place = NULL, lease_pid = NULL, lease_until = NULL WHERE lease_token = ?`,
      )
      .run(outcome?.status ?? 'running', outcome === undefined ? null : JSON.stringify(outcome), now, token);
  }

  deleteEnded(before: number): number {
    const { changes } = this.#database
      .prepare("DELETE FROM runs WHERE status NOT IN ('queued', 'running', 'suspended') AND updated_at < ?")
      .run(before);
    return Number(changes);
  }
}

type Columns = Readonly<Record<string, unknown>>;

function runRow(columns: Columns): RunRow {
  const outcome = columns['outcome'];
  return {
    record: recordFrom(String(columns['record'])),
    status: columns['status'] as RunStatus, // Written by this class only, as are the two below.
    outcome: typeof outcome === 'string' ? (JSON.parse(outcome) as Outcome<unknown>) : undefined,
    attempts: Number(columns['attempts']),
    updatedAt: Number(columns['updated_at']),
    lease: leaseFrom(columns),
    cancelled: typeof columns['cancelled'] === 'string' ? columns['cancelled'] : undefined,
  };
}

function leaseFrom(columns: Columns): Lease | undefined {
  const token = columns['lease_token'];
  if (typeof token !== 'string') return undefined;
  return {
    token,
    place: String(columns['lease_place']),
    pid: Number(columns['lease_pid']),
    until: Number(columns['lease_until']),
  };
}
