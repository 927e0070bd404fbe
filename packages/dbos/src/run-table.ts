import { createHash } from 'node:crypto';
import type { JsonObject, Outcome } from '@pawl/core';
import type { RunRecord, RunSummary } from '@pawl/core/host';
import { metadataKeys, recordFrom, recordText, roundTime, type StoredRun, unknown } from '@pawl/core/host';
import type { Queryable, Row } from './database.ts';

/** What is kept of a run, without its record and its outcome. */
export interface RunRow {
  readonly runId: string;
  readonly number: number;
  readonly agent: string;
  readonly schemaVersion: number;
  readonly status: RunSummary['status'];
  readonly attempts: number;
  readonly metadata: JsonObject;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly executorId: string | undefined;
  readonly token: string | undefined;
  readonly cancelled: string | undefined;
  readonly leftWorkflow: string | undefined;
}

/** Who works on a run. */
export interface Claim {
  readonly executorId: string;
  readonly token: string;
}

export type Beginning =
  | { readonly type: 'queued'; readonly leftWorkflow: string }
  | { readonly type: 'running'; readonly claim: Claim };

/** Gives whether the run was new. One that begins at once is at its first attempt. */
export async function insertRun(on: Queryable, record: RunRecord, beginning: Beginning): Promise<boolean> {
  const { runId, agent, schemaVersion, metadata, conversation, at } = record;
  const claim = beginning.type === 'running' ? beginning.claim : undefined;
  const { rowCount } = await on.query(INSERT, [
    runId,
    agent,
    recordText(record),
    JSON.stringify(metadata),
    conversation?.id ?? null,
    beginning.type,
    claim === undefined ? 0 : 1,
    claim?.executorId ?? null,
    claim?.token ?? null,
    beginning.type === 'queued' ? beginning.leftWorkflow : null,
    roundTime(at),
    metadataKeys(metadata).map(hashOf),
    schemaVersion,
  ]);
  return rowCount === 1;
}

const INSERT = `
  WITH added AS (
    INSERT INTO pawl.runs (run_id, agent, record, metadata, conversation, status, attempts, executor_id, token,
      left_workflow, started_at, updated_at, schema_version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $13) ON CONFLICT (run_id) DO NOTHING RETURNING run_id
  ), found_by AS (
    INSERT INTO pawl.run_metadata SELECT DISTINCT hash, run_id FROM added, unnest($12::text[]) AS keys (hash)
  )
  SELECT FROM added
`;

/** What a metadata field is found by: values may be long, and an index holds only what is short. */
export function hashOf(metadataKey: string): string {
  return createHash('sha256').update(metadataKey).digest('base64');
}

const SEEN =
  "CASE WHEN status = 'running' AND NOT pawl.is_alive(executor_id) THEN 'interrupted' ELSE status END AS seen";

/** All columns but those that may be large. */
export const COLUMNS = `run_id, number, agent, metadata, status, attempts, executor_id, token, cancelled, left_workflow,
  started_at, updated_at, schema_version`;

/** `seen` is what the status is to those outside: a run whose executor is gone is at work only on paper. */
const ROW = `SELECT ${COLUMNS}, ${SEEN} FROM pawl.runs WHERE run_id = $1`;
const WHOLE = `SELECT ${COLUMNS}, record, outcome, ${SEEN} FROM pawl.runs WHERE run_id = $1`;

/** @throws HostError `run.unknown` */
export async function findRun(on: Queryable, runId: string): Promise<StoredRun> {
  const row = one(runId, await on.query(WHOLE, [runId]));
  return { ...summaryOf(row), record: recordFrom(String(row['record'])) };
}

/** Nobody else changes the run or its waits until the transaction is over. @throws HostError `run.unknown` */
export async function lockRun(on: Queryable, runId: string): Promise<RunRow> {
  return runRow(one(runId, await on.query(`${ROW} FOR UPDATE`, [runId])));
}

export async function isHeldBy(on: Queryable, runId: string, token: string): Promise<boolean> {
  const { rows } = await on.query('SELECT FROM pawl.runs WHERE run_id = $1 AND token = $2', [runId, token]);
  return rows.length === 1;
}

/** Which of these attempts still have their runs. */
export async function heldTokens(on: Queryable, tokens: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await on.query("SELECT token FROM pawl.runs WHERE token = ANY($1) AND status = 'running'", [tokens]);
  return new Set(rows.map(({ token }) => String(token)));
}

interface NewClaim extends Claim {
  /** The workflow that came from a queue, where one did. */
  readonly workflowId: string | undefined;
  readonly now: number;
}

/** Another attempt begins at a run that is locked. */
export async function claimRun(on: Queryable, runId: string, claim: NewClaim): Promise<void> {
  const { executorId, token, workflowId, now } = claim;
  await on.query(
    `WITH carried AS (INSERT INTO pawl.attempts SELECT $1, $5 WHERE $5::text IS NOT NULL ON CONFLICT DO NOTHING)
     UPDATE pawl.runs SET status = 'running', outcome = NULL, attempts = attempts + 1, executor_id = $2, token = $3,
     left_workflow = NULL, updated_at = $4 WHERE run_id = $1`,
    [runId, executorId, token, now, workflowId ?? null],
  );
}

interface Released {
  readonly status: RunSummary['status'];
  readonly outcome?: Outcome<unknown> | undefined;
  readonly now: number;
}

/** Gives whether it was still held under that token. */
export async function releaseRun(on: Queryable, token: string, { status, outcome, now }: Released): Promise<boolean> {
  const { rowCount } = await on.query(
    'UPDATE pawl.runs SET status = $2, outcome = $3, token = NULL, updated_at = $4 WHERE token = $1',
    [token, status, outcome === undefined ? null : JSON.stringify(outcome), now],
  );
  return rowCount === 1;
}

/** The run waits in a queue, as the workflow of that id; `undefined`: in none any more. */
export async function setLeft(on: Queryable, runId: string, workflowId: string | undefined): Promise<void> {
  await on.query('UPDATE pawl.runs SET left_workflow = $2 WHERE run_id = $1', [runId, workflowId ?? null]);
}

export async function cancelRun(on: Queryable, runId: string, reason: string): Promise<void> {
  await on.query('UPDATE pawl.runs SET cancelled = $2 WHERE run_id = $1', [runId, reason]);
}

/** Some of the runs that ended before a time. */
export async function endedBefore(on: Queryable, time: number, limit: number): Promise<readonly string[]> {
  const { rows } = await on.query(
    `SELECT run_id FROM pawl.runs WHERE status NOT IN ('queued', 'running', 'suspended', 'interrupted') AND updated_at < $1
     LIMIT $2`,
    [time, limit],
  );
  return rows.map((row) => String(row['run_id']));
}

/** With all that is kept of them. */
export async function deleteRuns(on: Queryable, runIds: readonly string[]): Promise<void> {
  await on.query('DELETE FROM pawl.runs WHERE run_id = ANY($1)', [runIds]);
}

/** Why the runs that an executor has at work are to end, where they are. */
export async function cancelledOf(on: Queryable, executorId: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await on.query(
    "SELECT run_id, cancelled FROM pawl.runs WHERE executor_id = $1 AND status = 'running' AND cancelled IS NOT NULL",
    [executorId],
  );
  return new Map(rows.map((row) => [String(row['run_id']), String(row['cancelled'])]));
}

/** The workflows by which these runs came out of a queue. */
export async function workflowsOf(on: Queryable, runIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await on.query(
    `SELECT workflow_id FROM pawl.attempts WHERE run_id = ANY($1)
     UNION SELECT left_workflow FROM pawl.runs WHERE run_id = ANY($1) AND left_workflow IS NOT NULL`,
    [runIds],
  );
  return rows.map((row) => String(row['workflow_id']));
}

function one(runId: string, { rows: [row] }: { readonly rows: readonly Row[] }): Row {
  if (row === undefined) throw unknown(runId);
  return row;
}

/** Of a row with `COLUMNS` and `seen`. */
export function runRow(row: Row): RunRow {
  const text = (name: string): string | undefined => (typeof row[name] === 'string' ? row[name] : undefined);
  return {
    runId: String(row['run_id']),
    number: Number(row['number']),
    agent: String(row['agent']),
    schemaVersion: Number(row['schema_version']),
    status: row['seen'] as RunRow['status'], // Written by this module only.
    attempts: Number(row['attempts']),
    metadata: JSON.parse(String(row['metadata'])),
    startedAt: Number(row['started_at']),
    updatedAt: Number(row['updated_at']),
    executorId: text('executor_id'),
    token: text('token'),
    cancelled: text('cancelled'),
    leftWorkflow: text('left_workflow'),
  };
}

/** Of a row with `outcome`, too. */
export function summaryOf(row: Row): RunSummary {
  const { runId, agent, status, metadata, number: position, startedAt, updatedAt, attempts } = runRow(row);
  const { outcome } = row;
  const known = { runId, agent, status, metadata, position, startedAt, updatedAt, attempts };
  return { ...known, ...(typeof outcome === 'string' && { outcome: JSON.parse(outcome) }) }; // Written by this module only.
}
