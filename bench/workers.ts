// How many enqueued runs a second workers on DBOS get done, one worker and three, each a process: the queue, the steps and the
// ends of runs together. The server keeps what was committed, as in production; it shares the machine with the workers.
// npm run bench -- workers [number of runs]
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { dbosClient } from '@pawl/dbos';
import { Client } from 'pg';
import { startPostgres } from '../scripts/postgres.ts';

const RUNS = Number(process.argv[2] ?? 200);

const postgres = await startPostgres({ isSafe: true });

async function startWorker(url: string, executorId: string): Promise<ChildProcess> {
  const args = [join(import.meta.dirname, 'workers/worker.ts'), url, executorId];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(worker.stdout, 'data'); // It takes runs.
  return worker;
}

async function measure(count: number): Promise<void> {
  const url = await postgres.newDatabase();
  const client = await dbosClient({ url });
  const database = new Client({ connectionString: url });
  await database.connect();
  const workers = await Promise.all(Array.from({ length: count }, (_, index) => startWorker(url, `worker-${index}`)));
  const startedAt = performance.now();
  for (let index = 0; index < RUNS; index++) await client.enqueue('agent', 'Go.', { runId: `run-${index}` });
  const enqueuedMs = performance.now() - startedAt;
  for (;;) {
    const { rows } = await database.query("SELECT count(*) AS open FROM pawl.runs WHERE status <> 'completed'");
    if (Number(rows[0].open) === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const ms = performance.now() - startedAt;
  const each = (RUNS / (ms / 1_000)).toFixed(1);
  const { rows } = await database.query(
    'SELECT sum(xact_commit) AS transactions FROM pg_stat_database WHERE datname = current_database()',
  );
  const transactions = (Number(rows[0].transactions) / RUNS).toFixed(0);
  console.log(
    `${count} workers: ${each} runs a second, ${transactions} transactions a run; enqueued in ${enqueuedMs.toFixed(0)} ms`,
  );
  for (const worker of workers) {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
  }
  await client.close();
  await database.end();
}

for (const count of [1, 3]) await measure(count);
await postgres.stop();
