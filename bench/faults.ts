// npm run bench -- faults                       Pawl alone
// npm run bench -- faults --peers               the other frameworks, too, which are installed first
// npm run bench -- faults --peers ai langchain  some of them
// With --save, writes the results to bench/faults/results.md and results.json, and the table to docs/faults.md.
import type { Fault } from './faults/fault.ts';
import { faults } from './faults/faults.ts';
import { type FrameworkEntry, frameworks } from './faults/frameworks.ts';
import type { FaultOutcome } from './faults/matrix.ts';
import { save } from './faults/report.ts';
import { runInChild } from './faults/run-in-child.ts';
import { runTable } from './faults/run-table.ts';
import { tryFault } from './faults/try-fault.ts';

/** Longer than any framework waits between its attempts. */
const DEADLINE_MS = 40_000;

await runTable({
  faults,
  frameworks,
  tryFramework,
  save: (table) =>
    save(table, {
      title: 'Faults: what Pawl and other frameworks make of them',
      command: 'npm run bench -- faults --peers --save',
      path: 'bench/faults/results',
    }),
});

async function tryFramework(fault: Fault, { name }: FrameworkEntry): Promise<FaultOutcome> {
  const runAttempt = () =>
    tryFault(fault, { run: (baseURL) => runInChild({ name, fault, baseURL, deadlineMs: DEADLINE_MS }) });
  const first = await runAttempt();
  // A busy machine may have killed the process, so a process that died is tried again.
  const seen = first.did.ended === 'died' ? await runAttempt() : first;
  const isPassed = fault.isPassed(seen);
  return { fault: fault.name, entrant: name, isPassed, did: seen.did, requests: seen.requests.length };
}
