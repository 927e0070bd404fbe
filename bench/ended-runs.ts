// What many ended runs on an SQLite file cost: listing them, looking for runs to resume, and deleting them while another
// process runs agents on the same file. Prints the time, the longest pause of the event loop, and the memory.
// npm run bench -- ended-runs [number of runs]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { agentOfBench } from './ended-runs/agent.ts';

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
      const durable = await host.start({
        schemaVersion: 1,
        runId,
        agent: 'agent',
        messages,
        limits: {},
        metadata: {},
        at: 0,
      });
      for (let step = 1; step <= 3; step++) {
        const work = async () => ({ text });
        await durable.step({ type: 'step', name: `model:${step}`, effect: 'read', work, onRecorded: () => undefined });
      }
      const outcome = { ...known, runId, status: 'completed', text, output: text };
      await host.release(runId, outcome as unknown as Outcome<unknown>); // What a host keeps of it is its JSON.
    });
    await Promise.all(some);
  }
  await host.close();
}

async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  let lastAt = performance.now();
  let pauseMs = 0;
  const look = (): void => {
    const now = performance.now();
    pauseMs = Math.max(pauseMs, now - lastAt);
    lastAt = now;
  };
  const looking = setInterval(look, 1);
  const startedAt = performance.now();
  const result = await work();
  const ms = performance.now() - startedAt;
  look();
  clearInterval(looking);
  const grown = (process.memoryUsage().heapUsed - before.heapUsed) / 2 ** 20;
  console.log(
    `${what}: ${ms.toFixed(0)} ms, longest pause ${pauseMs.toFixed(0)} ms, heap +${grown.toFixed(0)} MB`,
    result,
  );
}

async function deleteBesideAnother(): Promise<void> {
  const host = sqliteHost(file);
  const worker = spawn(process.execPath, [join(import.meta.dirname, 'ended-runs/worker.ts'), file], { stdio: 'pipe' });
  worker.stderr.pipe(process.stderr);
  await once(worker.stdout, 'data'); // It is at work.
  const told = once(worker.stdout, 'data');
  await measured(`deleting ${RUNS}`, () => host.deleteRuns({ olderThanMs: -60_000 }));
  worker.stdin.end();
  const [line] = await told;
  console.log(`the other process meanwhile: ${String(line).trim()}`);
  await host.close();
}

await fill();
const sizeOf = (): string => `${(statSync(file).size / 1e6).toFixed(0)} MB`;
console.log(`${RUNS} ended runs, ${sizeOf()}`);
const host = sqliteHost(file);
await measured('resumeAll with nothing to do', async () => (await host.resumeAll([agentOfBench()])).length);
await measured(`runs() of ${RUNS}`, async () => (await host.listRuns({ limit: RUNS })).length);
await measured('runs() of 100', async () => (await host.listRuns({ limit: 100 })).length);
await host.close();
await deleteBesideAnother();
console.log(`the file afterwards: ${sizeOf()}`);
rmSync(folder, { recursive: true });
