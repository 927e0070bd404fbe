import { appendFileSync, existsSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { dbosHost } from '@pawl/dbos';
import { manualClock } from '@pawl/testing';
import { createTraveller, watch } from '../durable/traveller.ts';

/**
 * A worker of many: `node worker.ts <url> <executorId> <folder> <time> <leaseMs>`. What is done for a run is written to its
 * journal in the folder, which no crash takes back. Whoever does what is fatal for a run dies of it, once; whoever does what
 * stops it stands still until it is told to go on. Where `time` is `told`, the host's passes by the milliseconds that come in lines.
 */
const [url = '', executorId = '', folder = '', time = '', leaseMs = ''] = process.argv.slice(2);

function mark(runId: string, what: string): void {
  const journal = join(folder, runId);
  const told = what.replace(` ${runId}/`, ' run/');
  appendFileSync(journal, `${executorId} ${told}\n`);
  for (const [end, signal] of [
    ['fatal', 'SIGKILL'],
    ['stopped', 'SIGSTOP'],
  ] as const) {
    const file = `${journal}.${end}`;
    if (!existsSync(file) || readFileSync(file, 'utf8') !== told) continue;
    rmSync(file);
    process.kill(process.pid, signal);
  }
}

const clock = manualClock({ startMs: Date.now(), sleeps: 'held' });
const host = await dbosHost({
  url,
  executorId,
  agents: [createTraveller(mark)],
  queue: { pollingMs: 50 },
  onRun: (run) => watch(run, mark),
  onError: (error, runId) => mark(runId, `error ${(error as { readonly code?: unknown }).code}`),
  leaseMs: Number(leaseMs),
  ...(time === 'told' && { clock }),
});
process.once('SIGTERM', () => void host.close());
writeSync(1, 'ready\n');
if (time === 'told') {
  for await (const ms of createInterface({ input: process.stdin })) {
    while (clock.pending === 0) await setImmediate(); // It is at work, and waits for no time.
    await clock.advance(Number(ms));
  }
}
