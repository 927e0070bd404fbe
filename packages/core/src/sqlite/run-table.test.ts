import type { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { CountFilter, RunFilter } from '../host/host.ts';
import { checkCountFilter, checkFilter } from '../host/run-filter.ts';
import { openDatabase } from './database.ts';
import { Deletion } from './deletion.ts';
import { RunTable } from './run-table.ts';

/** Returns the query plans of the statements that `work` prepares: https://www.sqlite.org/eqp.html */
function explainQueries(work: (database: DatabaseSync) => void): readonly string[] {
  const database = openDatabase(':memory:', { synchronous: 'normal' });
  onTestFinished(() => database.close());
  const compiled: string[] = [];
  const prepare = (sql: string) => {
    compiled.push(sql);
    return database.prepare(sql);
  };
  work({ prepare } as DatabaseSync); // A table uses only this method.
  const reads = compiled.filter((sql) => !/^INSERT/.test(sql));
  return reads.flatMap((sql) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail)),
  );
}

const list = (filter: RunFilter) => (database: DatabaseSync) => new RunTable(database).readPage(checkFilter(filter));

const count = (filter: CountFilter) => (database: DatabaseSync) =>
  new RunTable(database).count(checkCountFilter(filter));

test.each<[operation: string, index: string, work: (database: DatabaseSync) => void]>([
  ['find a run', 'sqlite_autoindex_runs_1 (run_id=?)', (database) => new RunTable(database).find('run')],
  [
    'look for runs to resume',
    'runs_by_status (status=?)',
    (database) => new RunTable(database).listUnfinished('agent', 5),
  ],
  ['list by status', 'runs_by_status (status=? AND number>?)', list({ status: 'failed', after: 7 })],
  ['list by status and agent', 'runs_by_status (status=?)', list({ status: 'failed', agent: 'agent' })],
  ['list by agent', 'runs_by_agent (agent=?)', list({ agent: 'agent', order: 'desc' })],
  ['list by conversation', 'runs_by_conversation (conversation=?)', list({ conversation: 'chat', status: 'failed' })],
  [
    'list by owner',
    'runs_by_owner (owner=? AND number<?)',
    list({ owner: 'ada', status: 'failed', order: 'desc', after: 7 }),
  ],
  [
    'list by owner and conversation',
    'runs_by_conversation (conversation=?)',
    list({ owner: 'ada', conversation: 'chat' }),
  ],
  ['list by metadata', 'run_metadata USING PRIMARY KEY (hash=?)', list({ metadata: { user: 'ada', order: 7 } })],
  ['count by status', 'USING COVERING INDEX runs_by_status', count({})],
  ['count by owner', 'runs_by_owner (owner=?)', count({ owner: 'ada' })],
  ['list on after a position', 'INTEGER PRIMARY KEY (rowid>?)', list({ after: 7 })],
  ['renew a lease', '(run_id=?)', (database) => new RunTable(database).renew('run', { token: 't', time: TIME })],
  [
    'look for runs to delete',
    'runs_ended (updated_at<?)',
    (database) =>
      new Deletion(database).deletePart({ deletion: { type: 'ended_before', time: 5 }, from: 0, now: () => 0 }),
  ],
])('to %s, SQLite reads only the rows of an index', (_, index, work) => {
  const plans = explainQueries(work);
  expect(plans.filter((detail) => detail.includes(index))).not.toEqual([]);
  // These tables and indexes may be read whole: they have only rows with work left to do.
  expect(
    plans.filter((detail) =>
      /^SCAN (?!deleted_runs|\w+ USING INDEX (waits_answered|runs_cancelled)|\w+ USING COVERING INDEX runs_by_status)/.test(
        detail,
      ),
    ),
  ).toEqual([]);
});

const TIME = { durationMs: 1_000, timeline: 'now', until: 1_000, untilDate: 1_000 };
