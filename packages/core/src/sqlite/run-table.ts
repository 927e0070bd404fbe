import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { JsonObject } from '../base/json.ts';
import type { Outcome } from '../event/outcome.ts';
import { createUnknownRunError } from '../host/check-answer.ts';
import type { RunRecord, RunStatus } from '../host/host.ts';
import { roundTime } from '../host/round-clock.ts';
import type { CheckedFilter } from '../host/run-filter.ts';
import type { Claim } from '../host/run-store.ts';
import { parseRecord, serializeRecord } from '../host/serialize-record.ts';
import { Statements } from './database.ts';
import type { Lease, LeaseTime } from './leases.ts';
import { hashMetadataKey, insertMetadata } from './metadata-table.ts';

/** A row of the table `runs`: a run without its record and its outcome. */
export interface RunRow {
  /** Increases in the order in which runs were started. Never used again. */
  readonly number: number;
  readonly runId: string;
  readonly agent: string;
  readonly status: RunStatus;
  readonly attempts: number;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly lease: Lease | undefined;
  readonly cancelReason: string | undefined;
  readonly metadata: JsonObject;
  readonly owner: string | undefined;
}

export interface ListedRow extends RunRow {
  readonly outcome: Outcome<unknown> | undefined;
}

/** Reads and writes the runs of a file. Statements use named or ordered parameters: Node 22.19 does not bind `?1`. */
export class RunTable {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = new Statements(database);
  }

  find(runId: string): RunRow | undefined {
    const row = this.#prepare('SELECT * FROM runs WHERE run_id = ?').get(runId);
    return row === undefined ? undefined : toRunRow(row);
  }

  /** @throws HostError `run.unknown` */
  get(runId: string): RunRow {
    const row = this.find(runId);
    if (row === undefined) throw createUnknownRunError(runId);
    return row;
  }

  readRecord({ number }: Pick<RunRow, 'number'>): RunRecord {
    const row = this.#prepare('SELECT record FROM records WHERE run = ?').get(number);
    return parseRecord(String(row?.['record']));
  }

  readOutcome({ number }: Pick<RunRow, 'number'>): Outcome<unknown> | undefined {
    return parseOutcome(this.#prepare('SELECT outcome FROM outcomes WHERE run = ?').get(number));
  }

  /** Reads the first runs that a filter matches, bounded in rows and characters: at least one, if there is one. */
  readPage(filter: Omit<CheckedFilter, 'limit'>): readonly ListedRow[] {
    const { where, values } = buildWhere(filter);
    const rows = this.#prepare(
      `SELECT runs.*, outcome FROM runs LEFT JOIN outcomes ON run = number ${where}
       ORDER BY number ${filter.order} LIMIT ${PAGE_ROWS}`,
    ).iterate(...values);
    const page: ListedRow[] = [];
    let length = 0;
    for (const row of rows) {
      page.push({ ...toRunRow(row), outcome: parseOutcome(row) });
      length += String(row['outcome'] ?? '').length;
      if (length > PAGE_LENGTH) break;
    }
    return page;
  }

  /** Counts the runs that a filter matches, by their stored status. */
  count(filter: CheckedFilter): readonly (readonly [status: RunStatus, count: number])[] {
    const { where, values } = buildWhere(filter);
    const rows = this.#prepare(`SELECT status, count(*) AS count FROM runs ${where} GROUP BY status`).all(...values);
    // Only this class writes the column.
    return rows.map(({ status, count }) => [status as RunStatus, Number(count)]);
  }

  /** Reads the runs that a filter matches and that are stored as running. */
  listRunning(filter: CheckedFilter): readonly RunRow[] {
    const { where, values } = buildWhere({ ...filter, status: 'running' });
    return this.#prepare(`SELECT * FROM runs ${where}`)
      .all(...values)
      .map(toRunRow);
  }

  /** Reads the runs of an agent that can continue, held or not. */
  listUnfinished(agent: string, now: number): readonly RunRow[] {
    return this.#prepare(UNFINISHED).all({ agent, now }).map(toRunRow);
  }

  /** Inserts a run: with a lease its first attempt begins at once, without one the run is queued. Returns its number. */
  insert(record: RunRecord, lease?: Lease): number {
    const { runId, agent, metadata, owner, conversation } = record;
    const [status, attempts] = lease === undefined ? ['queued', 0] : ['running', 1];
    const at = roundTime(record.at);
    const { lastInsertRowid } = this.#prepare(
      `INSERT INTO runs (run_id, agent, status, attempts, started_at, updated_at, conversation, metadata, owner)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(runId, agent, status, attempts, at, at, conversation?.id ?? null, JSON.stringify(metadata), owner ?? null);
    const number = Number(lastInsertRowid);
    this.#prepare('INSERT INTO records VALUES (?, ?)').run(number, serializeRecord(record));
    insertMetadata(this.#database, number, metadata);
    if (lease !== undefined) this.#setLease(number, lease);
    return number;
  }

  /** Begins another attempt at the run. */
  startAttempt({ number }: RunRow, { lease, now }: { readonly lease: Lease; readonly now: number }): void {
    this.#prepare("UPDATE runs SET status = 'running', attempts = attempts + 1, updated_at = ? WHERE number = ?").run(
      now,
      number,
    );
    this.#prepare('DELETE FROM outcomes WHERE run = ?').run(number);
    this.#setLease(number, lease);
  }

  isHeld(number: number, token: string): boolean {
    return this.#prepare('SELECT 1 FROM runs WHERE number = ? AND lease_token = ?').get(number, token) !== undefined;
  }

  cancel(number: number, reason: string): void {
    this.#prepare('UPDATE runs SET cancelled = ? WHERE number = ?').run(reason, number);
  }

  /** Returns the reason, if the run was cancelled. */
  readCancelReason(runId: string): string | undefined {
    const reason = this.#prepare('SELECT cancelled FROM runs WHERE run_id = ?').get(runId)?.['cancelled'];
    return typeof reason === 'string' ? reason : undefined;
  }

  /** Renews a lease, even an expired one, unless another process has taken the run. */
  renew(runId: string, { token, time }: { readonly token: string; readonly time: LeaseTime }): void {
    this.#prepare('UPDATE runs SET lease_until = ?, lease_until_date = ? WHERE run_id = ? AND lease_token = ?').run(
      time.until,
      time.untilDate,
      runId,
      token,
    );
  }

  /** Ends an attempt. Does nothing if another attempt has the lease. */
  release({ runId, token }: Pick<Claim, 'runId' | 'token'>, { outcome, now }: ReleaseOptions): void {
    const row = this.#prepare('SELECT number FROM runs WHERE run_id = ? AND lease_token = ?').get(runId, token);
    if (row === undefined) return;
    const number = Number(row['number']);
    this.#prepare(
      `UPDATE runs SET status = ?, updated_at = ?, lease_token = NULL, lease_place = NULL, lease_pid = NULL,
       lease_born_at = NULL, lease_duration = NULL, lease_timeline = NULL, lease_until = NULL, lease_until_date = NULL
       WHERE number = ?`,
    ).run(outcome?.status ?? 'running', now, number);
    if (outcome !== undefined) this.#prepare('INSERT INTO outcomes VALUES (?, ?)').run(number, JSON.stringify(outcome));
  }

  #setLease(
    number: number,
    { token, place, pid, processStartedAt: bornAt, durationMs, timeline, until, untilDate }: Lease,
  ): void {
    this.#prepare(
      `UPDATE runs SET lease_token = ?, lease_place = ?, lease_pid = ?, lease_born_at = ?, lease_duration = ?,
       lease_timeline = ?, lease_until = ?, lease_until_date = ? WHERE number = ?`,
    ).run(token, place, pid, bornAt ?? null, durationMs, timeline, until, untilDate, number);
  }

  #prepare(sql: string): StatementSync {
    return this.#statements.get(sql);
  }
}

interface ReleaseOptions {
  readonly outcome: Outcome<unknown> | undefined;
  readonly now: number;
}

/** The limits of a page, in rows and in characters of their outcomes: reading one takes some milliseconds. */
const PAGE_ROWS = 100;
const PAGE_LENGTH = 1_000_000;

/** Finds suspended runs by their answered or expired waits, or their cancellation: there may be very many runs without an answer. */
const UNFINISHED = `
  SELECT * FROM runs INDEXED BY runs_by_status WHERE agent = $agent AND status = 'queued'
  UNION ALL SELECT * FROM runs INDEXED BY runs_by_status WHERE agent = $agent AND status = 'running'
  UNION ALL SELECT * FROM runs WHERE +agent = $agent AND +status = 'suspended' AND number IN (
    SELECT run FROM waits INDEXED BY waits_answered WHERE word IS NOT NULL AND taken = 0
    UNION SELECT run FROM waits INDEXED BY waits_by_expiry WHERE word IS NULL AND taken = 0 AND expires_at <= $now
    UNION SELECT number FROM runs INDEXED BY runs_cancelled WHERE cancelled IS NOT NULL AND status = 'suspended'
  )
`;

interface Where {
  /** Empty if every run matches. */
  readonly where: string;
  readonly values: readonly (string | number)[];
}

/** Builds only the conditions that the filter has: SQLite uses an index only if its column is compared directly. */
function buildWhere(filter: Omit<CheckedFilter, 'limit'>): Where {
  const { conversation, owner, status, agent, metadataKeys, since, order, after } = filter;
  // Selects the index that leaves the fewest runs: a plus before a column keeps SQLite from using its index.
  const [byOwner, byStatus, byAgent] = [conversation, conversation ?? owner, conversation ?? owner ?? status].map(
    (narrower) => (narrower === undefined ? '' : '+'),
  );
  const given: readonly (readonly [condition: string, value: string | number | undefined])[] = [
    ['conversation = ?', conversation],
    [`${byOwner}owner = ?`, owner],
    // An interrupted run is stored as running; its lease tells whether it still runs.
    [`${byStatus}status = ?`, status === 'interrupted' ? 'running' : status],
    [`${byAgent}agent = ?`, agent],
    ['started_at >= ?', since],
    [order === 'asc' ? 'number > ?' : 'number < ?', after],
    ...metadataKeys.map(
      (key) => ['number IN (SELECT run FROM run_metadata WHERE hash = ?)', hashMetadataKey(key)] as const,
    ),
  ];
  const wanted = given.flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]));
  const where = wanted.length === 0 ? '' : `WHERE ${wanted.map(({ condition }) => condition).join(' AND ')}`;
  return { where, values: wanted.map(({ value }) => value) };
}

type Columns = Readonly<Record<string, unknown>>;

function toRunRow(columns: Columns): RunRow {
  return {
    number: Number(columns['number']),
    runId: String(columns['run_id']),
    agent: String(columns['agent']),
    status: columns['status'] as RunStatus, // Only this class writes the table.
    attempts: Number(columns['attempts']),
    startedAt: Number(columns['started_at']),
    updatedAt: Number(columns['updated_at']),
    lease: parseLease(columns),
    cancelReason: typeof columns['cancelled'] === 'string' ? columns['cancelled'] : undefined,
    metadata: JSON.parse(String(columns['metadata'])),
    owner: typeof columns['owner'] === 'string' ? columns['owner'] : undefined,
  };
}

function parseOutcome(columns: Columns | undefined): Outcome<unknown> | undefined {
  const outcome = columns?.['outcome'];
  return typeof outcome === 'string' ? JSON.parse(outcome) : undefined;
}

function parseLease(columns: Columns): Lease | undefined {
  const token = columns['lease_token'];
  if (typeof token !== 'string') return undefined;
  const bornAt = columns['lease_born_at'];
  return {
    token,
    place: String(columns['lease_place']),
    pid: Number(columns['lease_pid']),
    processStartedAt: typeof bornAt === 'number' ? bornAt : undefined,
    durationMs: Number(columns['lease_duration']),
    timeline: String(columns['lease_timeline']),
    until: Number(columns['lease_until']),
    untilDate: Number(columns['lease_until_date']),
  };
}
