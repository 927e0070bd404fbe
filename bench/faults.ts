// npm run bench -- faults                       Pawl alone
// npm run bench -- faults --peers               the other frameworks, too, which are installed first
// npm run bench -- faults --peers ai langchain  some of them
// With --save, writes the results to bench/faults/results.md and results.json, and the table to docs/faults.md.
import { parseArgs } from 'node:util';
import type { Fault } from './faults/fault.ts';
import { faults } from './faults/faults.ts';
import { type FrameworkEntry, frameworks } from './faults/frameworks.ts';
import { installPeers } from './faults/install-peers.ts';
import type { FaultOutcome } from './faults/matrix.ts';
import { formatReport, save } from './faults/report.ts';
import { runInChild } from './faults/run-in-child.ts';
import { tryFault } from './faults/try-fault.ts';

/** Longer than any framework waits between its attempts. */
const DEADLINE_MS = 40_000;
/** Number of parallel processes. */
const WIDTH = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peers: { type: 'boolean' }, save: { type: 'boolean' } },
});
const [pawl, ...peers] = frameworks;
const unknown = positionals.filter((name) => !peers.some((each) => each.name === name));
if (unknown.length > 0 || (positionals.length > 0 && values.peers !== true)) {
  console.error(`Pass --peers, and some of: ${peers.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
if (values.peers === true) installPeers();
const selected = peers.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const chosen = values.peers === true ? [pawl, ...selected] : [pawl];

const outcomes: FaultOutcome[] = [];
const queue = faults.flatMap((fault) => chosen.map((entrant) => ({ fault, entrant })));
const all = queue.length;
await Promise.all(Array.from({ length: WIDTH }, runWorker));
const table = { faults, entrants: chosen, outcomes };
console.log(formatReport(table));
if (values.save === true) save(table);
if (outcomes.some(({ entrant, isPassed }) => entrant === pawl.name && !isPassed)) process.exitCode = 1;

async function runWorker(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    outcomes.push(await tryFramework(next.fault, next.entrant));
    console.error(`${outcomes.length} of ${all}: ${next.fault.name}, ${next.entrant.name}`);
  }
}

async function tryFramework(fault: Fault, { name }: FrameworkEntry): Promise<FaultOutcome> {
  const runAttempt = () =>
    tryFault(fault, { run: (baseURL) => runInChild({ name, fault, baseURL, deadlineMs: DEADLINE_MS }) });
  const first = await runAttempt();
  // A busy machine may have killed the process, so a process that died is tried again.
  const seen = first.did.ended === 'died' ? await runAttempt() : first;
  const isPassed = fault.isPassed(seen);
  return { fault: fault.name, entrant: name, isPassed, did: seen.did, requests: seen.requests.length };
}
