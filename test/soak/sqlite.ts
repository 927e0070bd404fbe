// Four processes on one file, with leases of 500 ms. The soak kills them, stops them for longer than their lease, blocks their event loops and
// moves their dates, and deletes ended runs meanwhile. Every run completes, and no `non-idempotent` call begins twice.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteHost } from '@pawl/core/sqlite';
import { listRepeatedCalls, Processes, pause, pick, report } from './processes.ts';

const endsAt = performance.now() + Number(process.argv[2] ?? 120) * 1_000;
const folder = mkdtempSync(join(tmpdir(), 'pawl-soak-'));
const file = join(folder, 'runs.db');
const journal = join(folder, 'journal');
writeFileSync(journal, '');
const host = sqliteHost(file, { lockTimeoutMs: 20_000 });
const processes = new Processes(join(import.meta.dirname, 'sqlite-worker.ts'), () => [file, journal]);
const NAMES = ['one', 'two', 'three', 'four'];
for (const name of NAMES) processes.start(name);

let enqueued = 0;
let deleted = 0;
const figures = { killed: 0, stopped: 0, blocked: 0 };
while (performance.now() < endsAt) {
  for (let count = 0; count < 5; count++) await host.enqueue('soak', 'Go.', { runId: `run-${++enqueued}` });
  const name = pick(NAMES);
  const what = pick(['kill', 'stop', 'block', 'nothing'] as const);
  if (what === 'kill') {
    figures.killed++;
    await processes.end(name, 'SIGKILL');
    processes.start(name);
  } else if (what === 'stop') {
    figures.stopped++;
    processes.sendSignal(name, 'SIGSTOP');
    setTimeout(() => processes.sendSignal(name, 'SIGCONT'), 1_500);
  } else if (what === 'block') {
    figures.blocked++;
    processes.sendSignal(name, 'SIGUSR2'); // Blocks the process for a second, and moves its date.
  }
  deleted += await host.deleteRuns({ olderThanMs: 3_000 });
  await pause(Math.random() * 600);
}
const countOpen = async (): Promise<number> =>
  (await host.listRuns({ limit: Infinity })).filter(({ outcome }) => outcome === undefined).length;
for (let waits = 0; waits < 600 && (await countOpen()) > 0; waits++) await pause(100);
const runs = await host.listRuns({ limit: Infinity });
const faults = [...processes.faults];
for (const { runId, status, attempts } of runs) {
  if (status !== 'completed') faults.push(`${runId} is ${status} after ${attempts} attempts.`);
}
for (const call of listRepeatedCalls(journal)) faults.push(`${call} began more than once.`);
const attempts = Math.max(0, ...runs.map((run) => run.attempts));
for (const name of processes.names) await processes.end(name, 'SIGKILL');
await host.close();
report({ ...figures, enqueued, deleted, completed: runs.length, maxAttempts: attempts }, faults);
rmSync(folder, { recursive: true });
