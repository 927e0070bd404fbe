// Pawl against loops written by hand, in under two minutes:
//   npm run bench                 what it found, as a table
//   npm run bench -- --peers      and against other frameworks, which are installed first
//   npm run bench -- --write      kept in bench/results and docs/performance.md
//   npm run bench -- --rounds 3   fewer rounds than 7

import { parseArgs } from 'node:util';
import { contestants, isInstalled, peers, versionsOf } from './compare/contestants.ts';
import { measureFootprint } from './compare/footprint.ts';
import { installContestants, installPeers } from './compare/install.ts';
import { whereAndWhen } from './compare/machine.ts';
import { measureMemory } from './compare/memory.ts';
import { comparison } from './compare/report.ts';
import type { Result } from './compare/result.ts';
import { measureRounds } from './compare/rounds.ts';
import { measureStart } from './compare/start.ts';
import { keepComparison } from './results.ts';

const { values } = parseArgs({
  options: { peers: { type: 'boolean' }, write: { type: 'boolean' }, rounds: { type: 'string', default: '7' } },
});
const CAP_MS = 600_000;
const startedAt = performance.now();
const say = (text: string): void =>
  console.error(`[${((performance.now() - startedAt) / 1_000).toFixed(0)} s] ${text}`);

await installContestants();
if (values.peers) await installPeers(peers());
const entries = [...contestants, ...(values.peers ? peers().filter(isInstalled) : [])];
say(`measuring ${entries.map(({ name }) => name).join(', ')}`);
const { measured, ...rounds } = await measureRounds(entries, { rounds: Number(values.rounds), capMs: CAP_MS, say });
say('memory of parked runs');
const memory = await measureMemory(entries, 2);
say('imports, sizes and types');
const result: Result = {
  ...whereAndWhen(),
  ...rounds,
  names: entries.map(({ name }) => name),
  versions: versionsOf(entries),
  measured: { ...measured, ...memory, ...measureStart(entries, 10), ...(await measureFootprint(entries)) },
};
console.log(comparison(result));
if (values.write) keepComparison(result);
say('done');
