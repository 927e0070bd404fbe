import { dbosHost } from '@pawl/dbos';
import { hostConformance } from '@pawl/testing/host';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';

let postgres: Postgres;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
});

afterAll(() => postgres.stop());

describe('on DBOS', () => {
  const cases = hostConformance({
    hasWorkers: true,
    open: async ({ clock }) => {
      const host = await dbosHost({ url, executorId: 'worker', agents: [], clock });
      await clearDatabase();
      return host;
    },
  });
  test.each(cases)('$name', ({ run }) => run());
});

async function clearDatabase(): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('TRUNCATE pawl.runs, dbos.workflow_status, dbos.operation_outputs CASCADE');
  await client.end();
}
