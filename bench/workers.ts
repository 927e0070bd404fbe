// Measures how many enqueued runs a second one worker and three workers on DBOS finish, each in a process: queue, steps and ends
// together. First with any number of runs per worker, so that the machine is the limit. Then with ten runs per worker and a model
// that takes 50 ms, like a slow model. The server syncs commits, as in production.
// npm run bench -- workers [number of runs]
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { dbosClient } from '@pawl/dbos';
import { Client } from 'pg';
import { startPostgres } from '../scripts/postgres.ts';

const RUNS = Number(process.argv[2] ?? 200);

const postgres = await startPostgres({ isSafe: true });

interface Load {
  readonly name: string;
  readonly workerConcurrency: number;
  readonly modelMs: number;
}

const LOADS: readonly Load[] = [
  { name: 'any number at once', workerConcurrency: 1_000, modelMs: 0 },
  { name: 'ten at once for each worker, 50 ms a model request', workerConcurrency: 10, modelMs: 50 },
];

async function startWorker(url: string, executorId: string, load: Load): Promise<ChildProcess> {
  const { workerConcurrency, modelMs } = load;
  const args = [join(import.meta.dirname, 'workers/worker.ts'), url, executorId, `${workerConcurrency}`, `${modelMs}`];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(worker.stdout, 'data'); // The worker is ready.
  return worker;
}

async function measure(load: Load, count: number): Promise<void> {
  const url = await postgres.createDatabase();
  const client = await dbosClient({ url });
  const database = new Client({ connectionString: url });
  await database.connect();
  for (let index = 0; index < RUNS; index++) await client.enqueue('agent', 'Go.', { runId: `run-${index}` });
  const startedAt = performance.now();
  const workers = await Promise.all(
    Array.from({ length: count }, (_, index) => startWorker(url, `worker-${index}`, load)),
  );
  const readyMs = performance.now() - startedAt;
  for (;;) {
    const { rows } = await database.query("SELECT count(*) AS open FROM pawl.runs WHERE status <> 'completed'");
    if (Number(rows[0].open) === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const ms = performance.now() - startedAt - readyMs;
  const each = (RUNS / (ms / 1_000)).toFixed(1);
  const { rows } = await database.query(
    'SELECT sum(xact_commit) AS transactions FROM pg_stat_database WHERE datname = current_database()',
  );
  const transactions = (Number(rows[0].transactions) / RUNS).toFixed(0);
  console.log(`${load.name}, ${count} workers: ${each} runs a second, ${transactions} transactions a run`);
  for (const worker of workers) {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
  }
  await client.close();
  await database.end();
}

for (const load of LOADS) for (const count of [1, 3]) await measure(load, count);
await postgres.stop();
