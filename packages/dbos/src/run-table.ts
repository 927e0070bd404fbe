import type { Outcome, RunFilter, RunRecord, RunSummary } from '@pawl/core';
import { recordFrom, recordText, unknown } from '@pawl/core/host';
import type { Queryable, Row } from './database.ts';

export interface RunRow {
  readonly record: RunRecord;
  readonly status: RunSummary['status'];
  readonly outcome: Outcome<unknown> | undefined;
  readonly attempts: number;
  readonly updatedAt: number;
  readonly executorId: string | undefined;
  readonly token: string | undefined;
  readonly workflowId: string | undefined;
  readonly cancelled: string | undefined;
}

/** Who works on a run, in which of DBOS's workflows. */
export interface Claim {
  readonly executorId: string;
  readonly token: string;
  readonly workflowId: string;
}

interface Inserted {
  readonly status: 'queued' | 'running';
  readonly now: number;
}

/** Gives whether the run was new. */
export async function insertRun(on: Queryable, record: RunRecord, { status, now }: Inserted): Promise<boolean> {
  const { rowCount } = await on.query(
    `INSERT INTO pawl.runs (run_id, agent, record, status, started_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [record.runId, record.agent, recordText(record), status, record.at, now],
  );
  return rowCount === 1;
}

/** @throws DurableError `run.unknown` */
export async function findRun(on: Queryable, runId: string): Promise<RunRow> {
  return one(runId, await on.query(`${SELECT} WHERE run_id = $1`, [runId]));
}

/** The same, and nobody else changes it or its waits until the transaction is over. @throws DurableError `run.unknown` */
export async function lockRun(on: Queryable, runId: string): Promise<RunRow> {
  return one(runId, await on.query(`${SELECT} WHERE run_id = $1 FOR UPDATE`, [runId]));
}

export async function listRuns(on: Queryable, { status, agent, limit = 1_000 }: RunFilter): Promise<readonly RunRow[]> {
  const { rows } = await on.query(
    `SELECT * FROM (${SELECT}) AS runs WHERE ($1::text IS NULL OR seen = $1) AND ($2::text IS NULL OR agent = $2)
     ORDER BY number LIMIT $3`,
    [status ?? null, agent ?? null, limit],
  );
  return rows.map(runRow);
}

/** Gives the number of the attempt that begins. */
export async function claimRun(on: Queryable, runId: string, claim: Claim & { readonly now: number }): Promise<number> {
  const { executorId, token, workflowId, now } = claim;
  const { rows } = await on.query(
    `UPDATE pawl.runs SET status = 'running', outcome = NULL, attempts = attempts + 1, executor_id = $2, token = $3,
     workflow_id = $4, updated_at = $5 WHERE run_id = $1 RETURNING attempts`,
    [runId, executorId, token, workflowId, now],
  );
  const number = Number(rows[0]?.['attempts']);
  await on.query('INSERT INTO pawl.attempts VALUES ($1, $2, $3)', [runId, number, workflowId]);
  return number;
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

export async function cancelRun(on: Queryable, runId: string, reason: string): Promise<void> {
  await on.query('UPDATE pawl.runs SET cancelled = coalesce(cancelled, $2) WHERE run_id = $1', [runId, reason]);
}

export async function endedBefore(on: Queryable, time: number): Promise<readonly string[]> {
  const { rows } = await on.query(
    `SELECT run_id FROM pawl.runs WHERE status NOT IN ('queued', 'running', 'suspended', 'interrupted') AND updated_at < $1`,
    [time],
  );
  return rows.map((row) => String(row['run_id']));
}

/** What may happen once only, and was begun. */
export async function intentsOf(on: Queryable, runId: string): Promise<ReadonlySet<string>> {
  const { rows } = await on.query('SELECT name FROM pawl.intents WHERE run_id = $1', [runId]);
  return new Set(rows.map((row) => String(row['name'])));
}

/** Why the runs that an executor has at work are to end, where they are. */
export async function cancelledOf(on: Queryable, executorId: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await on.query(
    "SELECT run_id, cancelled FROM pawl.runs WHERE executor_id = $1 AND status = 'running' AND cancelled IS NOT NULL",
    [executorId],
  );
  return new Map(rows.map((row) => [String(row['run_id']), String(row['cancelled'])]));
}

/** The workflows that worked on a run, in that order. */
export async function workflowsOf(on: Queryable, runId: string): Promise<readonly string[]> {
  const { rows } = await on.query('SELECT workflow_id FROM pawl.attempts WHERE run_id = $1 ORDER BY number', [runId]);
  return rows.map((row) => String(row['workflow_id']));
}

/** `seen` is what the status is to those outside: a run whose executor is gone is at work only on paper. */
const SELECT = `SELECT *, CASE WHEN status = 'running' AND NOT pawl.is_alive(executor_id) THEN 'interrupted' ELSE status END
  AS seen FROM pawl.runs`;

function one(runId: string, { rows: [row] }: { readonly rows: readonly Row[] }): RunRow {
  if (row === undefined) throw unknown(runId);
  return runRow(row);
}

function runRow(row: Row): RunRow {
  const text = (name: string): string | undefined => (typeof row[name] === 'string' ? row[name] : undefined);
  const outcome = text('outcome');
  return {
    record: recordFrom(String(row['record'])),
    status: row['seen'] as RunRow['status'], // Written by this module only, as is the outcome.
    outcome: outcome === undefined ? undefined : (JSON.parse(outcome) as Outcome<unknown>),
    attempts: Number(row['attempts']),
    updatedAt: Number(row['updated_at']),
    executorId: text('executor_id'),
    token: text('token'),
    workflowId: text('workflow_id'),
    cancelled: text('cancelled'),
  };
}
