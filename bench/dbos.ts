// Measures the cost of recording a step on DBOS: steps in sequence, compared with plain inserts of rows of the same size on the same
// PostgreSQL over one connection, alternately. The server syncs commits, as in production. Then runs 8 runs in parallel.
// npm run bench -- dbos
import { dbosHost } from '@pawl/dbos';
import { Client } from 'pg';
import { startPostgres } from '../scripts/postgres.ts';
import { computeMedian } from './compare/statistics.ts';

const ROUNDS = 5;
const ROWS = 500;
const WIDTH = 8;
const value = { text: 'x'.repeat(400) };

const postgres = await startPostgres({ isSafe: true });
const url = await postgres.createDatabase();
const client = new Client({ connectionString: url });
await client.connect();
await client.query('CREATE TABLE rows (run_id text, name text, value text, PRIMARY KEY (run_id, name))');
const host = await dbosHost({ url, executorId: 'bench', agents: [] });

async function measureMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function measureInserts(round: number): Promise<number> {
  const text = 'INSERT INTO rows VALUES ($1, $2, $3)';
  return measureMs(async () => {
    for (let index = 0; index < ROWS; index++) {
      await client.query(text, [`run ${round}`, `step:${index}`, JSON.stringify(value)]);
    }
  });
}

async function measureSteps(runId: string): Promise<number> {
  const runner = await host.start({
    runId,
    agent: 'agent',
    messages: [],
    limits: {},
    metadata: {},
    at: 0,
    schemaVersion: 1,
  });
  const ms = await measureMs(async () => {
    for (let index = 0; index < ROWS; index++) {
      const runStep = async () => value;
      await runner.step({
        type: 'step',
        name: `step:${index}`,
        effect: 'read',
        work: runStep,
        onRecorded: () => undefined,
      });
    }
  });
  await host.release(runId, undefined);
  return ms;
}

const insertTimes: number[] = [];
const stepTimes: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  insertTimes.push(await measureInserts(round));
  stepTimes.push(await measureSteps(`run ${round}`));
}
const formatEach = (ms: number): string => `${((ms * 1_000) / ROWS).toFixed(0)} µs`;
const ratio = computeMedian(stepTimes.map((ms, round) => ms / (insertTimes[round] ?? Number.NaN)));
console.log(
  `a step takes ${formatEach(computeMedian(stepTimes))}, a plain insert ${formatEach(computeMedian(insertTimes))}: ${ratio.toFixed(2)}`,
);

const together = await measureMs(() =>
  Promise.all(Array.from({ length: WIDTH }, (_, index) => measureSteps(`wide ${index}`))),
);
console.log(`${WIDTH} runs in parallel: ${((WIDTH * ROWS) / (together / 1_000)).toFixed(0)} steps a second`);
await host.close();
await client.end();
await postgres.stop();
