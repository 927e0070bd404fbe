// What keeping a step costs on DBOS: steps one after the other, against bare inserts of rows of the same size on the same
// PostgreSQL over one connection, in turn. The server keeps what was committed, as in production. Then 8 runs side by side.
// npm run bench -- dbos
import { dbosHost } from '@pawl/dbos';
import { Client } from 'pg';
import { startPostgres } from '../scripts/postgres.ts';

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

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function bareInserts(round: number): Promise<number> {
  const text = 'INSERT INTO rows VALUES ($1, $2, $3)';
  return timed(async () => {
    for (let index = 0; index < ROWS; index++) {
      await client.query(text, [`run ${round}`, `step:${index}`, JSON.stringify(value)]);
    }
  });
}

async function steps(runId: string): Promise<number> {
  const durable = await host.start({
    runId,
    schemaVersion: 1,
    agent: 'agent',
    messages: [],
    limits: {},
    metadata: {},
    at: 0,
  });
  const ms = await timed(async () => {
    for (let index = 0; index < ROWS; index++) {
      const work = async () => value;
      await durable.step({ type: 'step', name: `step:${index}`, effect: 'read', work, onRecorded: () => undefined });
    }
  });
  await host.release(runId, undefined);
  return ms;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const bare: number[] = [];
const kept: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  bare.push(await bareInserts(round));
  kept.push(await steps(`run ${round}`));
}
const each = (ms: number): string => `${((ms * 1_000) / ROWS).toFixed(0)} µs`;
const ratio = median(kept.map((ms, round) => ms / (bare[round] ?? Number.NaN)));
console.log(`a step ${each(median(kept))}, a bare insert ${each(median(bare))}: ${ratio.toFixed(2)}`);

const together = await timed(() => Promise.all(Array.from({ length: WIDTH }, (_, index) => steps(`wide ${index}`))));
console.log(`${WIDTH} runs side by side: ${((WIDTH * ROWS) / (together / 1_000)).toFixed(0)} steps a second`);
await host.close();
await client.end();
await postgres.stop();
