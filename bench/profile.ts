// Profiles a contestant: lists the functions with the most time of their own.
//   npm run bench -- profile                    Pawl, in every scenario
//   npm run bench -- profile bulk paced         in some scenarios; another contestant: --of undici; more lines: --top 30
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Child } from './compare/child.ts';
import { ContestantProcess } from './compare/contestant-process.ts';
import { contestants, listPeers, PAWL } from './compare/contestants.ts';
import { rankFunctions } from './compare/cpu-profile.ts';
import { installContestants } from './compare/install.ts';
import { LOADS } from './compare/loads.ts';
import { createScenario, type Scenario } from './compare/scenario.ts';
import type { ServerOrder } from './compare/server.ts';

const MS = 2_000;
const SCENARIOS: Readonly<Record<string, Scenario>> = { ...LOADS, turns: createScenario({ turns: 200 }) };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { of: { type: 'string', default: PAWL }, top: { type: 'string', default: '15' } },
});
const entry = [...contestants, ...listPeers()].find(({ name }) => name === values.of);
const unknown = positionals.filter((name) => SCENARIOS[name] === undefined);
if (entry === undefined || unknown.length > 0) {
  console.error(`There is no ${entry === undefined ? `contestant "${values.of}"` : `scenario "${unknown[0]}"`}.`);
  console.error(`Scenarios: ${Object.keys(SCENARIOS).join(', ')}.`);
  process.exit(1);
}

await installContestants();
const folder = mkdtempSync(join(tmpdir(), 'pawl-profile-'));
const server = new Child<ServerOrder>('server.ts', { isApart: true });
const competitor = new ContestantProcess(entry, { port: await server.waitUntilReady() });
try {
  await competitor.start();
  for (const name of positionals.length > 0 ? positionals : Object.keys(SCENARIOS)) await profileScenario(name);
} finally {
  await competitor.child.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
}

async function profileScenario(name: string): Promise<void> {
  const of = SCENARIOS[name] ?? createScenario({});
  const file = join(folder, `${name}.cpuprofile`);
  await competitor.measure(name, { type: 'load', scenario: of, ms: MS });
  await competitor.measure(name, { type: 'profile', scenario: of, ms: MS, file });
  console.log(`\n${name}, ${values.of}: share of the busy time`);
  for (const { where, share } of rankFunctions(JSON.parse(readFileSync(file, 'utf8'))).slice(0, Number(values.top)))
    console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${where}`);
}
