// Compares Pawl with loops written by hand, in under two minutes:
//   npm run bench                 prints the results as a table
//   npm run bench -- --peers      compares other frameworks, too, and installs them first
//   npm run bench -- --write      writes the results to bench/results and docs/performance.md
//   npm run bench -- --rounds 3   runs 3 rounds instead of 7

import { parseArgs } from 'node:util';
import { contestants, isInstalled, listPeers, readVersions } from './compare/contestants.ts';
import { measureFootprint } from './compare/footprint.ts';
import { installContestants, installPeers } from './compare/install.ts';
import { readOrigin } from './compare/measurement-origin.ts';
import { measureMemory } from './compare/memory.ts';
import { formatComparison } from './compare/report.ts';
import type { ComparisonResult } from './compare/result.ts';
import { measureRounds } from './compare/rounds.ts';
import { measureStart } from './compare/start.ts';
import { keepComparison } from './results.ts';

const { values } = parseArgs({
  options: { peers: { type: 'boolean' }, write: { type: 'boolean' }, rounds: { type: 'string', default: '7' } },
});
const MAX_DURATION_MS = 600_000;
const startedAt = performance.now();
const log = (text: string): void =>
  console.error(`[${((performance.now() - startedAt) / 1_000).toFixed(0)} s] ${text}`);

await installContestants();
if (values.peers) await installPeers(listPeers());
const entries = [...contestants, ...(values.peers ? listPeers().filter(isInstalled) : [])];
log(`measuring ${entries.map(({ name }) => name).join(', ')}`);
const { measured, ...rounds } = await measureRounds(entries, {
  rounds: Number(values.rounds),
  maxDurationMs: MAX_DURATION_MS,
  log,
});
log('memory of parked runs');
const memory = await measureMemory(entries, 2);
log('imports, sizes and types');
const result: ComparisonResult = {
  ...readOrigin(),
  ...rounds,
  names: entries.map(({ name }) => name),
  versions: readVersions(entries),
  measured: { ...measured, ...memory, ...measureStart(entries, 10), ...(await measureFootprint(entries)) },
};
console.log(formatComparison(result));
if (values.write) keepComparison(result);
log('done');
