import { createHash } from 'node:crypto';
import type { JsonObject, Outcome } from '@pawl/core';
import {
  createUnknownRunError,
  listMetadataKeys,
  parseRecord,
  type RunRecord,
  type RunSummary,
  roundTime,
  type StoredRun,
  serializeRecord,
} from '@pawl/core/host';
import type { Queryable, Row } from './database.ts';

/** A row of the table `runs`: a run without its record and its outcome. */
export interface RunRow {
  readonly runId: string;
  readonly number: number;
  readonly agent: string;
  readonly schemaVersion: number;
  readonly status: RunSummary['status'];
  readonly attempts: number;
  readonly metadata: JsonObject;
  readonly owner: string | undefined;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly executorId: string | undefined;
  readonly token: string | undefined;
  readonly cancelReason: string | undefined;
  readonly queuedWorkflowId: string | undefined;
}

/** The worker and the attempt that hold a run. */
export interface ExecutorClaim {
  readonly executorId: string;
  readonly token: string;
}

export type RunStart =
  | { readonly type: 'queued'; readonly queuedWorkflowId: string }
  | { readonly type: 'running'; readonly claim: ExecutorClaim };

/** Inserts a run. Returns `false` if it exists. A `running` one is at its first attempt. */
export async function insertRun(on: Queryable, record: RunRecord, start: RunStart): Promise<boolean> {
  const { runId, agent, schemaVersion, metadata, owner, conversation, at } = record;
  const claim = start.type === 'running' ? start.claim : undefined;
  const { rowCount } = await on.query(INSERT, [
    runId,
    agent,
    serializeRecord(record),
    JSON.stringify(metadata),
    conversation?.id ?? null,
    start.type,
    claim === undefined ? 0 : 1,
    claim?.executorId ?? null,
    claim?.token ?? null,
    start.type === 'queued' ? start.queuedWorkflowId : null,
    roundTime(at),
    listMetadataKeys(metadata).map(hashMetadataKey),
    schemaVersion,
    owner ?? null,
  ]);
  return rowCount === 1;
}

const INSERT = `
  WITH added AS (
    INSERT INTO pawl.runs (run_id, agent, record, metadata, conversation, status, attempts, executor_id, token,
      left_workflow, started_at, updated_at, schema_version, owner)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $13, $14) ON CONFLICT (run_id) DO NOTHING RETURNING run_id
  ), found_by AS (
    INSERT INTO pawl.run_metadata SELECT DISTINCT hash, run_id FROM added, unnest($12::text[]) AS keys (hash)
  )
  SELECT FROM added
`;

/** Hashes a metadata key for the index: values may be long, and an index needs short keys. */
export function hashMetadataKey(metadataKey: string): string {
  return createHash('sha256').update(metadataKey).digest('base64');
}

const CURRENT_STATUS =
  "CASE WHEN status = 'running' AND NOT pawl.is_alive(executor_id) THEN 'interrupted' ELSE status END AS current_status";

/** All columns except the large ones. */
export const COLUMNS = `run_id, number, agent, metadata, owner, status, attempts, executor_id, token, cancelled, left_workflow,
  started_at, updated_at, schema_version`;

/** `current_status`: a stored `running` is `interrupted` if the executor is gone. */
const ROW = `SELECT ${COLUMNS}, ${CURRENT_STATUS} FROM pawl.runs WHERE run_id = $1`;
const ROW_WITH_RECORD = `SELECT ${COLUMNS}, record, outcome, ${CURRENT_STATUS} FROM pawl.runs WHERE run_id = $1`;

/** @throws HostError `run.unknown` */
export async function findRun(on: Queryable, runId: string): Promise<StoredRun> {
  const row = requireRow(runId, await on.query(ROW_WITH_RECORD, [runId]));
  return { ...toSummary(row), record: parseRecord(String(row['record'])) };
}

/** Locks a run and its waits until the transaction ends. @throws HostError `run.unknown` */
export async function lockRun(on: Queryable, runId: string): Promise<RunRow> {
  return toRunRow(requireRow(runId, await on.query(`${ROW} FOR UPDATE`, [runId])));
}

export async function isHeldBy(on: Queryable, runId: string, token: string): Promise<boolean> {
  const { rows } = await on.query('SELECT FROM pawl.runs WHERE run_id = $1 AND token = $2', [runId, token]);
  return rows.length === 1;
}

/** Returns the tokens that still hold their runs. */
export async function listHeldTokens(on: Queryable, tokens: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await on.query("SELECT token FROM pawl.runs WHERE token = ANY($1) AND status = 'running'", [tokens]);
  return new Set(rows.map(({ token }) => String(token)));
}

interface NewClaim extends ExecutorClaim {
  /** The workflow that brought the attempt from a queue; `undefined` if none did. */
  readonly workflowId: string | undefined;
  readonly now: number;
}

/** Begins another attempt at a locked run. */
export async function claimRun(on: Queryable, runId: string, claim: NewClaim): Promise<void> {
  const { executorId, token, workflowId, now } = claim;
  await on.query(
    `WITH carried AS (INSERT INTO pawl.attempts SELECT $1, $5 WHERE $5::text IS NOT NULL ON CONFLICT DO NOTHING)
     UPDATE pawl.runs SET status = 'running', outcome = NULL, attempts = attempts + 1, executor_id = $2, token = $3,
     left_workflow = NULL, updated_at = $4 WHERE run_id = $1`,
    [runId, executorId, token, now, workflowId ?? null],
  );
}

interface ReleaseOptions {
  readonly status: RunSummary['status'];
  readonly outcome?: Outcome<unknown> | undefined;
  readonly now: number;
}

/** Ends an attempt. Returns `false` if the token no longer holds the run. */
export async function releaseRun(
  on: Queryable,
  token: string,
  { status, outcome, now }: ReleaseOptions,
): Promise<boolean> {
  const { rowCount } = await on.query(
    'UPDATE pawl.runs SET status = $2, outcome = $3, token = NULL, updated_at = $4 WHERE token = $1',
    [token, status, outcome === undefined ? null : JSON.stringify(outcome), now],
  );
  return rowCount === 1;
}

/** Stores the workflow by which the run waits in a queue; `undefined`: it waits in none. */
export async function setQueuedWorkflow(on: Queryable, runId: string, workflowId: string | undefined): Promise<void> {
  await on.query('UPDATE pawl.runs SET left_workflow = $2 WHERE run_id = $1', [runId, workflowId ?? null]);
}

export async function cancelRun(on: Queryable, runId: string, reason: string): Promise<void> {
  await on.query('UPDATE pawl.runs SET cancelled = $2 WHERE run_id = $1', [runId, reason]);
}

/** Returns the ids of at most `limit` runs that ended before a time. */
export async function listEnded(on: Queryable, time: number, limit: number): Promise<readonly string[]> {
  const { rows } = await on.query(
    `SELECT run_id FROM pawl.runs WHERE status NOT IN (${OPEN_STATUSES}) AND updated_at < $1 LIMIT $2`,
    [time, limit],
  );
  return rows.map((row) => String(row['run_id']));
}

/** Returns those of the runs that have not ended. */
export async function listOpen(on: Queryable, runIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await on.query(
    `SELECT run_id FROM pawl.runs WHERE run_id = ANY($1) AND status IN (${OPEN_STATUSES}) ORDER BY number`,
    [runIds],
  );
  return rows.map((row) => String(row['run_id']));
}

const OPEN_STATUSES = "'queued', 'running', 'suspended', 'interrupted'";

/** Deletes runs with their steps, intents, waits and attempts. Returns how many there were. */
export async function deleteRuns(on: Queryable, runIds: readonly string[]): Promise<number> {
  const { rowCount } = await on.query('DELETE FROM pawl.runs WHERE run_id = ANY($1)', [runIds]);
  return rowCount ?? 0;
}

/** Returns the cancellation reasons of the running runs of an executor, by run id. */
export async function listCancelled(on: Queryable, executorId: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await on.query(
    "SELECT run_id, cancelled FROM pawl.runs WHERE executor_id = $1 AND status = 'running' AND cancelled IS NOT NULL",
    [executorId],
  );
  return new Map(rows.map((row) => [String(row['run_id']), String(row['cancelled'])]));
}

/** Returns the workflows of these runs: those of their attempts, and those in a queue. */
export async function listWorkflows(on: Queryable, runIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await on.query(
    `SELECT workflow_id FROM pawl.attempts WHERE run_id = ANY($1)
     UNION SELECT left_workflow FROM pawl.runs WHERE run_id = ANY($1) AND left_workflow IS NOT NULL`,
    [runIds],
  );
  return rows.map((row) => String(row['workflow_id']));
}

function requireRow(runId: string, { rows: [row] }: { readonly rows: readonly Row[] }): Row {
  if (row === undefined) throw createUnknownRunError(runId);
  return row;
}

/** Converts a row with `COLUMNS` and `current_status`. */
export function toRunRow(row: Row): RunRow {
  const readText = (name: string): string | undefined => (typeof row[name] === 'string' ? row[name] : undefined);
  return {
    runId: String(row['run_id']),
    number: Number(row['number']),
    agent: String(row['agent']),
    schemaVersion: Number(row['schema_version']),
    status: row['current_status'] as RunRow['status'], // Only this package writes the column.
    attempts: Number(row['attempts']),
    metadata: JSON.parse(String(row['metadata'])),
    owner: readText('owner'),
    startedAt: Number(row['started_at']),
    updatedAt: Number(row['updated_at']),
    executorId: readText('executor_id'),
    token: readText('token'),
    cancelReason: readText('cancelled'),
    queuedWorkflowId: readText('left_workflow'),
  };
}

/** Converts a row with `COLUMNS`, `current_status` and `outcome`. */
export function toSummary(row: Row): RunSummary {
  const { runId, agent, status, metadata, owner, number: position, startedAt, updatedAt, attempts } = toRunRow(row);
  const { outcome } = row;
  const known = { runId, agent, status, metadata, position, startedAt, updatedAt, attempts };
  return {
    ...known,
    ...(owner !== undefined && { owner }),
    ...(typeof outcome === 'string' && { outcome: JSON.parse(outcome) }), // Only this package writes the column.
  };
}
