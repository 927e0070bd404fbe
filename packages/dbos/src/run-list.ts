import { type CheckedFilter, NO_RUNS, type RunCounts, type RunSummary } from '@pawl/core/host';
import type { Queryable } from './database.ts';
import { COLUMNS, hashMetadataKey, toSummary } from './run-table.ts';

/** Lists runs page by page, so that each statement reads a bounded number of rows. */
export async function listRuns(on: Queryable, { limit, ...filter }: CheckedFilter): Promise<readonly RunSummary[]> {
  const summaries: RunSummary[] = [];
  let after = filter.after;
  while (summaries.length < limit) {
    const pageSize = Math.min(MAX_PAGE_SIZE, limit - summaries.length);
    const page = await readPage(on, { ...filter, ...(after !== undefined && { after }) }, pageSize);
    summaries.push(...page);
    after = page.at(-1)?.position;
    if (page.length < pageSize || after === undefined) break;
  }
  return summaries;
}

const MAX_PAGE_SIZE = 200;

/** Counts runs by status. */
export async function countRuns(on: Queryable, filter: CheckedFilter): Promise<RunCounts> {
  const { where, values } = buildWhere(filter);
  const { rows } = await on.query(
    `WITH ${ALIVE} SELECT ${CURRENT_STATUS}, count(*) AS count FROM pawl.runs ${where} GROUP BY current_status`,
    [...values],
  );
  return { ...NO_RUNS, ...Object.fromEntries(rows.map((row) => [row['current_status'], Number(row['count'])])) };
}

async function readPage(
  on: Queryable,
  filter: Omit<CheckedFilter, 'limit'>,
  limit: number,
): Promise<readonly RunSummary[]> {
  const { where, values } = buildWhere(filter);
  const { rows } = await on.query(
    `WITH ${ALIVE} SELECT ${COLUMNS}, outcome, ${CURRENT_STATUS}
     FROM pawl.runs ${where} ORDER BY number ${filter.order} LIMIT ${limit}`,
    [...values],
  );
  return rows.map(toSummary);
}

interface Where {
  /** Empty if every run matches. */
  readonly where: string;
  readonly values: readonly unknown[];
}

function buildWhere(filter: Omit<CheckedFilter, 'limit'>): Where {
  const { status, agent, owner, conversation, metadataKeys, since, order, after } = filter;
  const values: unknown[] = [];
  /** Returns the condition with its parameter; nothing if the value is `undefined`. */
  const addCondition = (condition: string, value: unknown): readonly string[] =>
    value === undefined ? [] : [condition.replace('?', `$${values.push(value)}`)];
  const conditions = [
    ...buildStatusConditions(status, addCondition),
    ...addCondition('agent = ?', agent),
    ...addCondition('owner = ?', owner),
    ...addCondition('conversation = ?', conversation),
    ...addCondition('started_at >= ?', since),
    ...addCondition(order === 'asc' ? 'number > ?' : 'number < ?', after),
    ...metadataKeys.flatMap((key) =>
      addCondition('run_id IN (SELECT run_id FROM pawl.run_metadata WHERE hash = ?)', hashMetadataKey(key)),
    ),
  ];
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

const ALIVE = 'alive AS MATERIALIZED (SELECT executor_id FROM pawl.executors WHERE pawl.is_alive(executor_id))';

/** Uses the list of alive executors, which is read once for a statement. */
const IS_ALIVE = 'executor_id IN (SELECT executor_id FROM alive)';

const CURRENT_STATUS = `CASE WHEN status <> 'running' OR ${IS_ALIVE} THEN status ELSE 'interrupted' END AS current_status`;

function buildStatusConditions(
  status: RunSummary['status'] | undefined,
  where: (condition: string, value: unknown) => readonly string[],
): readonly string[] {
  if (status === 'running') return [`status = 'running' AND ${IS_ALIVE}`];
  if (status === 'interrupted') return [`(status = 'interrupted' OR (status = 'running' AND NOT ${IS_ALIVE}))`];
  return where('status = ?', status);
}
