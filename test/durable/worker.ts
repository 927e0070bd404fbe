import { appendFileSync, writeSync } from 'node:fs';
import type { Outcome } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createTraveller, watch } from './traveller.ts';

/**
 * A process that works on one run of a file, from wherever the last one left it. `node worker.ts <file> <journal> <what> <n>`
 * kills itself, as a crash would, when it does that for the n-th time; without it never. What it does is written to the
 * journal, which no crash takes back. At its end it prints the outcome.
 */
const [file = '', journal = '', fatal, times = '1'] = process.argv.slice(2);

let count = 0;

function mark(_runId: string, what: string): void {
  appendFileSync(journal, `${what}\n`);
  if (what === fatal && ++count === Number(times)) process.kill(process.pid, 'SIGKILL');
}

const agent = createTraveller(mark);
const host = sqliteHost(file, { synchronous: 'normal' }); // What differs from 'full' is a matter of power failures.

async function startAttempt(): Promise<Outcome<unknown>> {
  const isThere = (await host.listRuns()).length > 0;
  const run = isThere ? agent.resume('run', { host }) : agent.run('Go.', { host, runId: 'run' });
  watch(run, mark);
  return run.outcome();
}

let outcome = await startAttempt();
while (outcome.status === 'suspended') {
  for (const { id, fingerprint } of outcome.pending) {
    mark('run', `answer ${id}`);
    await host.answer('run', id, { type: 'approve', fingerprint });
    mark('run', `answered ${id}`);
  }
  outcome = await startAttempt();
}
await host.close();
writeSync(1, JSON.stringify(outcome));
