import { parseArgs } from 'node:util';
import type { FrameworkEntry } from './frameworks.ts';
import { installPeers } from './install-peers.ts';
import type { DescribedFault, FaultOutcome, FaultTable } from './matrix.ts';
import { formatReport } from './report.ts';

/** Number of parallel processes. */
const WIDTH = 2;

export interface TableOptions<Fault extends DescribedFault> {
  readonly faults: readonly Fault[];
  /** Pawl is the first. */
  readonly frameworks: readonly [FrameworkEntry, ...FrameworkEntry[]];
  readonly tryFramework: (fault: Fault, framework: FrameworkEntry) => Promise<FaultOutcome>;
  readonly save: (table: FaultTable) => void;
}

/** Tries each framework that the command line names under each fault, and prints a table. Pawl has to pass them all. */
export async function runTable<Fault extends DescribedFault>({
  faults,
  frameworks,
  tryFramework,
  save,
}: TableOptions<Fault>): Promise<void> {
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
  const entrants = values.peers === true ? [pawl, ...selected] : [pawl];
  const outcomes: FaultOutcome[] = [];
  const queue = faults.flatMap((fault) => entrants.map((entrant) => ({ fault, entrant })));
  const all = queue.length;
  const runWorker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      outcomes.push(await tryFramework(next.fault, next.entrant));
      console.error(`${outcomes.length} of ${all}: ${next.fault.name}, ${next.entrant.name}`);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, runWorker));
  const table = { faults, entrants, outcomes };
  console.log(formatReport(table));
  if (values.save === true) save(table);
  if (outcomes.some(({ entrant, isPassed }) => entrant === pawl.name && !isPassed)) process.exitCode = 1;
}
