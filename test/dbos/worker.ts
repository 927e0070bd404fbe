import { appendFileSync, existsSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { dbosHost } from '@pawl/dbos';
import { manualClock } from '@pawl/testing';
import { createTraveller, watch } from '../durable/traveller.ts';

/**
 * One of several workers: `node worker.ts <url> <executorId> <folder> <time> <leaseMs>`. Writes each action for a run to its journal in the folder.
 * A worker whose action is in the file `<runId>.fatal` kills itself, once; one whose action is in `<runId>.stopped` stops itself. If `time` is
 * `manual`, the clock advances by the milliseconds that arrive as lines.
 */
const [url = '', executorId = '', folder = '', time = '', leaseMs = ''] = process.argv.slice(2);

function mark(runId: string, what: string): void {
  const journal = join(folder, runId);
  const action = what.replace(` ${runId}/`, ' run/');
  appendFileSync(journal, `${executorId} ${action}\n`);
  for (const [end, signal] of [
    ['fatal', 'SIGKILL'],
    ['stopped', 'SIGSTOP'],
  ] as const) {
    const file = `${journal}.${end}`;
    if (!existsSync(file) || readFileSync(file, 'utf8') !== action) continue;
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
  ...(time === 'manual' && { clock }),
});
process.once('SIGTERM', () => void host.close());
writeSync(1, 'ready\n');
if (time === 'manual') {
  for await (const ms of createInterface({ input: process.stdin })) {
    while (clock.pending === 0) await setImmediate(); // The host does not wait for the clock yet.
    await clock.advance(Number(ms));
  }
}
