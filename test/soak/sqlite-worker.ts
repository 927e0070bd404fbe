import { writeSync } from 'node:fs';
import { type Clock, HostError, systemClock } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createSoakAgent } from './agent.ts';

/** A worker: `node sqlite-worker.ts <file> <journal>`. Calls `resumeAll` in a loop. SIGUSR2 blocks its event loop and moves its date. */
const [file = '', journal = ''] = process.argv.slice(2);
let jumpMs = 0;
const clock: Clock = { ...systemClock, now: () => Date.now() + jumpMs };
const host = sqliteHost(file, { leaseMs: 500, lockTimeoutMs: 20_000, synchronous: 'normal', clock });
const agent = createSoakAgent(journal);

process.on('SIGUSR2', () => {
  jumpMs = (Math.random() - 0.5) * 7_200_000;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
});

writeSync(1, 'ready\n');
for (;;) {
  for (const run of await host.resumeAll([agent])) {
    run.outcome().catch((error: unknown) => {
      // Another process has the run, or is about to take it.
      if (!HostError.isInstance(error) || !['run.lost', 'run.unknown', 'host.locked'].includes(error.code)) throw error;
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
}
