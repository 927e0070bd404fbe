// Three workers on one PostgreSQL. The soak terminates backends at random, including those that hold the locks, restarts the server, kills
// workers, and stops them for longer than their lease. Every run completes, no worker ends by itself, and no `non-idempotent` call begins
// twice.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dbosClient } from '@pawl/dbos';
import { Client } from 'pg';
import { startPostgres } from '../../scripts/postgres.ts';
import { listRepeatedCalls, Processes, pause, pick, report } from './processes.ts';

const endsAt = performance.now() + Number(process.argv[2] ?? 120) * 1_000;
const folder = mkdtempSync(join(tmpdir(), 'pawl-soak-'));
const journal = join(folder, 'journal');
writeFileSync(journal, '');
const postgres = await startPostgres();
const url = await postgres.createDatabase();
const client = await dbosClient({ url });
const processes = new Processes(join(import.meta.dirname, 'postgres-worker.ts'), (name) => [url, journal, name]);
const NAMES = ['one', 'two', 'three'];
for (const name of NAMES) processes.start(name);

/** Terminates each backend with this probability. */
async function endBackends(chance: number): Promise<number> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const { rows } = await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE pid <> pg_backend_pid() AND datname = current_database() AND random() < $1`,
    [chance],
  );
  await admin.end();
  return rows.length;
}

/** Enqueues a run. Retries if the connection has just ended. */
async function enqueue(runId: string): Promise<void> {
  for (;;) {
    const code = await client.enqueue('soak', 'Go.', { runId }).then(
      () => undefined,
      (error: { readonly code?: unknown }) => error.code,
    );
    if (code === undefined || code === 'run.exists') return;
    await pause(50);
  }
}

let enqueued = 0;
const figures = { backendsEnded: 0, restarts: 0, killed: 0, stopped: 0 };
while (performance.now() < endsAt) {
  for (let count = 0; count < 5; count++) await enqueue(`run-${++enqueued}`);
  const name = pick(NAMES);
  const what = pick(['some', 'some', 'all', 'kill', 'stop', 'restart', 'nothing'] as const);
  if (what === 'some') figures.backendsEnded += await endBackends(0.3);
  if (what === 'all') figures.backendsEnded += await endBackends(1);
  if (what === 'restart' && enqueued % 20 === 0) {
    figures.restarts++;
    await postgres.restart({ downMs: Math.random() * 5_000 });
  }
  if (what === 'kill') {
    figures.killed++;
    await processes.end(name, 'SIGKILL');
    processes.start(name);
  }
  if (what === 'stop') {
    figures.stopped++;
    processes.sendSignal(name, 'SIGSTOP');
    setTimeout(() => processes.sendSignal(name, 'SIGCONT'), 4_000);
  }
  await pause(Math.random() * 1_000);
}
const countCompleted = async (): Promise<number> =>
  (await client.listRuns({ status: 'completed', limit: Infinity }).catch(() => [])).length;
for (let waits = 0; waits < 1_200 && (await countCompleted()) < enqueued; waits++) await pause(100);
const runs = await client.listRuns({ limit: Infinity });
const faults = [...processes.faults];
for (const { runId, status, attempts } of runs) {
  if (status !== 'completed') faults.push(`${runId} is ${status} after ${attempts} attempts.`);
}
for (const call of listRepeatedCalls(journal)) faults.push(`${call} began more than once.`);
const attempts = Math.max(0, ...runs.map((run) => run.attempts));
for (const name of processes.names) await processes.end(name, 'SIGKILL');
await client.close();
await postgres.stop();
report({ ...figures, enqueued, completed: runs.length, maxAttempts: attempts }, faults);
rmSync(folder, { recursive: true });
