// Measures the cost of many ended runs in an SQLite file: listing them, searching for runs to resume, and deleting them while another
// process runs agents on the same file. Prints the time, the longest pause of the event loop, and the memory.
// npm run bench -- ended-runs [number of runs]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createBenchAgent } from './ended-runs/agent.ts';

const RUNS = Number(process.argv[2] ?? 20_000);
const WIDTH = 1_000;
const folder = mkdtempSync(join(tmpdir(), 'pawl-bench-'));
const file = join(folder, 'runs.db');
const text = 'x'.repeat(3_000);

async function fill(): Promise<void> {
  const host = sqliteHost(file, { synchronous: 'normal' });
  const messages = [{ role: 'user', content: text }] as const;
  const known = {
    agent: 'agent',
    messages: [...messages, { role: 'assistant', content: text }],
    usage: {},
  };
  for (let index = 0; index < RUNS; index += WIDTH) {
    const some = Array.from({ length: Math.min(WIDTH, RUNS - index) }, async (_, offset) => {
      const runId = `run-${index + offset}`;
      const runner = await host.start({
        runId,
        agent: 'agent',
        messages,
        limits: {},
        metadata: {},
        at: 0,
        schemaVersion: 1,
      });
      for (let step = 1; step <= 3; step++) {
        const runStep = async () => ({ text });
        await runner.step({
          type: 'step',
          name: `model:${step}`,
          effect: 'read',
          work: runStep,
          onRecorded: () => undefined,
        });
      }
      const outcome = { ...known, runId, status: 'completed', text, output: text };
      await host.release(runId, outcome as unknown as Outcome<unknown>); // A host stores only its JSON.
    });
    await Promise.all(some);
  }
  await host.close();
}

async function measure(label: string, work: () => Promise<unknown>): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  let lastAt = performance.now();
  let pauseMs = 0;
  const updatePause = (): void => {
    const now = performance.now();
    pauseMs = Math.max(pauseMs, now - lastAt);
    lastAt = now;
  };
  const pauseTimer = setInterval(updatePause, 1);
  const startedAt = performance.now();
  const result = await work();
  const ms = performance.now() - startedAt;
  updatePause();
  clearInterval(pauseTimer);
  const grown = (process.memoryUsage().heapUsed - before.heapUsed) / 2 ** 20;
  console.log(
    `${label}: ${ms.toFixed(0)} ms, longest pause ${pauseMs.toFixed(0)} ms, heap +${grown.toFixed(0)} MB`,
    result,
  );
}

async function deleteBesideAnother(): Promise<void> {
  const host = sqliteHost(file);
  const worker = spawn(process.execPath, [join(import.meta.dirname, 'ended-runs/worker.ts'), file], { stdio: 'pipe' });
  worker.stderr.pipe(process.stderr);
  await once(worker.stdout, 'data'); // The worker is running.
  const workerReport = once(worker.stdout, 'data');
  await measure(`deleting ${RUNS}`, () => host.deleteRuns({ olderThanMs: -60_000 }));
  worker.stdin.end();
  const [line] = await workerReport;
  console.log(`the other process: ${String(line).trim()}`);
  await host.close();
}

await fill();
const formatSize = (): string => `${(statSync(file).size / 1e6).toFixed(0)} MB`;
console.log(`${RUNS} ended runs, ${formatSize()}`);
const host = sqliteHost(file);
await measure('resumeAll without runs to resume', async () => (await host.resumeAll([createBenchAgent()])).length);
await measure(`listRuns of ${RUNS}`, async () => (await host.listRuns({ limit: RUNS })).length);
await measure('listRuns of 100', async () => (await host.listRuns({ limit: 100 })).length);
await host.close();
await deleteBesideAnother();
console.log(`the file afterwards: ${formatSize()}`);
rmSync(folder, { recursive: true });
