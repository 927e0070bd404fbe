// CPU per request and per streamed chunk, against hand-written loops over fetch and over node:http, in one run:
//   npm run bench wire          npm run bench wire -- 3   (rounds)
// Each contestant is a process of its own, so is the server; slices of 150 ms take turns, and ratios are of one round.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Cost, Slice } from './wire/worker.ts';

const rounds = Number(process.argv[2] ?? 9);
const NAMES = ['fetch', 'node:http', 'pawl'] as const;

interface Scenario extends Omit<Slice, 'ms'> {
  readonly title: string;
  /** Requests or chunks of one conversation. */
  readonly units: number;
}

const SCENARIOS: readonly Scenario[] = [
  { title: 'request, 1 at a time', kind: 'whole', atOnce: 1, toolCount: 2, units: 2 },
  { title: 'request, 64 at a time', kind: 'whole', atOnce: 64, toolCount: 2, units: 2 },
  { title: 'request with 200 tools', kind: 'whole', atOnce: 16, toolCount: 200, units: 2 },
  { title: 'streamed request, 20 chunks', kind: 'twenty', atOnce: 16, toolCount: 2, units: 1 },
  { title: 'streamed chunk, in bulk', kind: 'bulk', atOnce: 4, toolCount: 2, units: 2_000 },
  { title: 'streamed chunk, one write each', kind: 'pieces', atOnce: 4, toolCount: 2, units: 200 },
];

function start(file: string, args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, 'wire', file), args, { execArgv: [] });
  // It has said why.
  return child.on('exit', (code) => code !== 0 && process.exit(1));
}

async function heard<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T; // Each process sends one kind of message only.
}

const busy = await busyShare();
const server = start('server.ts', []);
const port = await heard<number>(server);
const workers = NAMES.map((name) => start('worker.ts', [name, String(port)]));

async function costs({ units, title: _, ...slice }: Scenario, ms: number): Promise<readonly number[]> {
  const all: number[] = [];
  for (const worker of workers) {
    worker.send({ ...slice, ms });
    const { cpuMicros, count } = await heard<Cost>(worker);
    all.push(cpuMicros / (count * units));
  }
  return all;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** How much of the machine others use, while nothing is asked for here. */
async function busyShare(): Promise<number> {
  const before = cpus();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const shares = cpus().map(({ times }, at) => {
    const { idle = 0, ...rest } = before[at]?.times ?? {};
    const passed = (sum: number, ms: number): number => sum + ms;
    const worked = Object.values({ ...times, idle: 0 }).reduce(passed) - Object.values(rest).reduce(passed, 0);
    return worked / (worked + times.idle - idle);
  });
  return shares.reduce((sum, share) => sum + share) / shares.length;
}

const table: Record<string, object> = {};
for (const scenario of SCENARIOS) {
  await costs(scenario, 600);
  const told: (readonly number[])[] = [];
  for (let round = 0; round < rounds; round++) told.push(await costs(scenario, 150));
  const ratios = told.map(([fetch = 0, , pawl = 0]) => pawl / fetch);
  const micros = NAMES.map((name, at) => [`${name} µs`, median(told.map((each) => each[at] ?? 0)).toFixed(1)]);
  table[scenario.title] = {
    ...Object.fromEntries(micros),
    'pawl / fetch': median(ratios).toFixed(2),
    'pawl / node:http': median(told.map(([, http = 0, pawl = 0]) => pawl / http)).toFixed(2),
    spread: `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
  };
}
console.log(`CPU time, medians of ${rounds} rounds, Node ${process.versions.node}, from source`);
console.log(`${cpus().length} cores, busy with other things before the start: ${(busy * 100).toFixed(0)} %`);
console.table(table);
for (const child of [server, ...workers]) child.disconnect();
