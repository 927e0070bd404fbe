import { setImmediate } from 'node:timers/promises';
import type { DurableHost } from '@pawl/core';
import { dbosHost } from '@pawl/dbos';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { expectSurvives } from '../invariants/kill.ts';
import { scenarios } from '../invariants/scenarios.ts';

let postgres: Postgres;
let client: Client;
let host: DurableHost;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.newDatabase();
  host = await dbosHost({ url, executorId: 'worker', agents: [] });
  client = new Client({ connectionString: url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await host.close();
  await postgres.stop();
});

/** What differs from host to host: waiting, runs inside runs, what may happen once, what the model has to correct. */
const NAMES = /^(approve, deny and edit|agents as tools|corrections after|calls that are answered)/;

describe.each(scenarios.filter(({ name }) => NAMES.test(name)))('$name, on DBOS', (scenario) => {
  test.each(['before', 'within', 'after'] as const)(
    'killed %s each step, a run resumes to the same result',
    (moment) => expectSurvives(scenario, { moment, open: emptied }),
    60_000,
  );
});

/** The one host of this process, once nothing is at work on it and nothing remembered. */
async function emptied(): Promise<DurableHost> {
  const pending = "SELECT FROM dbos.workflow_status WHERE status = 'PENDING'";
  while ((await client.query(pending)).rowCount !== 0) await setImmediate();
  await client.query('TRUNCATE pawl.runs, dbos.workflow_status, dbos.operation_outputs CASCADE');
  return host;
}
