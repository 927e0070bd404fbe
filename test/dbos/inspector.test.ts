import { dbosHost } from '@pawl/dbos';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { askInspector } from '../inspector/ask-inspector.ts';
import { expectShown } from '../inspector/expect-shown.ts';
import { innerRuns } from '../invariants/scenarios-inner-runs.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

test('the inspector shows a run with runs inside and an approval as it was, and lists it with its metadata', async () => {
  const host = await dbosHost({ url: await postgres.createDatabase(), executorId: 'worker', agents: [] });
  onTestFinished(() => host.close({ graceMs: 0 }));
  await expectShown(innerRuns, host);
  await host.enqueue('desk', 'Hi.', { runId: 'queued', metadata: { ticket: 7 } });
  const ask = askInspector(host);
  const { data } = await ask(`/v1/runs?status=queued,completed&limit=1&metadata=${encodeURIComponent('{"ticket":7}')}`);
  expect(data).toMatchObject([{ id: 'queued', details: { metadata: { ticket: 7 }, attempts: 0 } }]);
  expect(await ask('/budget/queued')).toMatchObject({ isHere: false });
});
