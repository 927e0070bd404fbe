// npm run bench -- faults                       Pawl alone
// npm run bench -- faults --peers               the others as well, which are installed first
// npm run bench -- faults --peers ai langchain  some of them
// With --save, all of it goes to bench/faults/results.md and results.json, and the table to docs/faults.md.
import { parseArgs } from 'node:util';
import { type Entrant, entrants } from './faults/contestants.ts';
import type { Fault } from './faults/fault.ts';
import { faults } from './faults/faults.ts';
import { inChild } from './faults/in-child.ts';
import { installPeers } from './faults/install-peers.ts';
import type { Outcome } from './faults/matrix.ts';
import { report, save } from './faults/report.ts';
import { tryFault } from './faults/try-fault.ts';

/** Longer than any framework here waits between its attempts. */
const DEADLINE_MS = 40_000;
/** Processes side by side. */
const WIDTH = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peers: { type: 'boolean' }, save: { type: 'boolean' } },
});
const [pawl, ...peers] = entrants;
const unknown = positionals.filter((name) => !peers.some((each) => each.name === name));
if (unknown.length > 0 || (positionals.length > 0 && values.peers !== true)) {
  console.error(`Pass --peers, and some of: ${peers.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
if (values.peers === true) installPeers();
const wanted = peers.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const chosen = values.peers === true ? [pawl, ...wanted] : [pawl];

const outcomes: Outcome[] = [];
const left = faults.flatMap((fault) => chosen.map((entrant) => ({ fault, entrant })));
const all = left.length;
await Promise.all(Array.from({ length: WIDTH }, worker));
const table = { faults, entrants: chosen, outcomes };
console.log(report(table));
if (values.save === true) save(table);
if (outcomes.some(({ entrant, isPassed }) => entrant === pawl.name && !isPassed)) process.exitCode = 1;

async function worker(): Promise<void> {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    outcomes.push(await outcomeOf(next.fault, next.entrant));
    console.error(`${outcomes.length} of ${all}: ${next.fault.name}, ${next.entrant.name}`);
  }
}

async function outcomeOf(fault: Fault, { name }: Entrant): Promise<Outcome> {
  const attempt = () =>
    tryFault(fault, { drive: (baseURL) => inChild({ name, fault, baseURL, deadlineMs: DEADLINE_MS }) });
  const first = await attempt();
  // A busy machine may have had no room for the process: what dies has to die twice.
  const seen = first.did.ended === 'died' ? await attempt() : first;
  const isPassed = fault.isPassed(seen);
  return { fault: fault.name, entrant: name, isPassed, did: seen.did, requests: seen.requests.length };
}
