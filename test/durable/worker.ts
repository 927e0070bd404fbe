import { appendFileSync, writeSync } from 'node:fs';
import type { Outcome } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createTraveller, watch } from './traveller.ts';

/**
 * Works on one run of a file, and continues what an earlier process left: `node worker.ts <file> <journal> <what> <n>`. Kills itself when it does
 * `what` for the n-th time, or never without it. Writes each action to the journal, and prints the outcome at the end.
 */
const [file = '', journal = '', fatal, times = '1'] = process.argv.slice(2);

let count = 0;

function mark(_runId: string, what: string): void {
  appendFileSync(journal, `${what}\n`);
  if (what === fatal && ++count === Number(times)) process.kill(process.pid, 'SIGKILL');
}

const agent = createTraveller(mark);
const host = sqliteHost(file, { synchronous: 'normal' }); // `full` differs only after a power failure.

async function startAttempt(): Promise<Outcome<unknown>> {
  const isStarted = (await host.listRuns()).length > 0;
  const run = isStarted ? agent.resume('run', { host }) : agent.run('Go.', { host, runId: 'run' });
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
