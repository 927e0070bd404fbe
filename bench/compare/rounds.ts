import { Child } from './child.ts';
import { ContestantProcess } from './contestant-process.ts';
import { BASE, type ContestantEntry } from './contestants.ts';
import { LOAD_NAMES, LOADS, type Load } from './loads.ts';
import { measureOthersShare } from './others-share.ts';
import type { MeasuredRows, RowKey } from './rows.ts';
import type { ServerOrder } from './server.ts';

export interface RoundsOptions {
  readonly rounds: number;
  /** No round starts after so many milliseconds. */
  readonly maxDurationMs: number;
  log(text: string): void;
}

export interface RoundsResult {
  readonly measured: MeasuredRows;
  readonly rounds: number;
  /** Share of the machine that other processes used meanwhile. */
  readonly others: number;
}

/** Measures CPU and wall time. In each round all contestants take turns, scenario by scenario. */
export async function measureRounds(
  entries: readonly ContestantEntry[],
  options: RoundsOptions,
): Promise<RoundsResult> {
  const server = new Child<ServerOrder>('server.ts', { isApart: true });
  const started: ContestantProcess[] = [];
  try {
    const port = await server.waitUntilReady();
    for (const entry of entries) {
      const competitor = new ContestantProcess(entry, { port });
      if (await competitor.start()) started.push(competitor);
    }
    options.log('warming up');
    await runRound(started, { ms: WARM_UP_MS, firstCount: 10 });
    const others = await measureOthersShare([server, ...started.map(({ child }) => child)]);
    const completed = await runRounds(started, options);
    return { measured: groupByRow(completed), rounds: completed.length, others: await others() };
  } finally {
    await server.stop();
    for (const { child } of started) await child.stop();
  }
}

const MS = 150;
const WARM_UP_MS = 500;
const TURNS = 200;
/** With more contestants, the base is measured twice: its turns would be too far apart. */
const MANY = 6;

async function runRounds(
  all: readonly ContestantProcess[],
  { rounds: count, maxDurationMs, log }: RoundsOptions,
): Promise<RoundCosts[]> {
  const completed: RoundCosts[] = [];
  const endAt = performance.now() + maxDurationMs;
  while (completed.length < count && (completed.length === 0 || performance.now() < endAt)) {
    completed.push(await runRound(all, { ms: MS, firstCount: 20 }));
    log(`round ${completed.length} of ${count}`);
  }
  return completed;
}

/** The costs of each contestant, by measure. */
type RoundCosts = ReadonlyMap<string, Costs>;
type Costs = ReadonlyMap<Measure, readonly number[]>;
type Measure = Load | 'first' | 'late' | 'whole';

async function runRound(
  all: readonly ContestantProcess[],
  { ms, firstCount }: { readonly ms: number; readonly firstCount: number },
): Promise<RoundCosts> {
  const completed = new Map(all.map(({ name }) => [name, new Map<Measure, number[]>()]));
  const addCost = (name: string, measure: Measure, value = Number.NaN): void => {
    const costs = completed.get(name);
    costs?.set(measure, [...(costs.get(measure) ?? []), value]);
  };
  const turns = orderContestants(all);
  for (const load of LOAD_NAMES) {
    const order = { type: 'load', scenario: LOADS[load], ms } as const;
    for (const each of turns) addCost(each.name, load, await each.measure(load, order));
  }
  for (const each of turns)
    addCost(each.name, 'first', await each.measure('first', { type: 'first', count: firstCount }));
  for (const each of turns) {
    const marks = await each.measure<readonly number[]>('turns', { type: 'turns', turns: TURNS });
    addCost(each.name, 'late', computeCostPerTurn(marks, { from: 178, to: 198 }));
    addCost(each.name, 'whole', marks?.at(-1));
  }
  return completed;
}

function orderContestants(all: readonly ContestantProcess[]): readonly ContestantProcess[] {
  const base = all.find(({ name }) => name === BASE);
  return all.length <= MANY || base === undefined ? all : all.toSpliced(Math.ceil(all.length / 2), 0, base);
}

/** Computes the cost of a turn between two marks. Mark 0 is the first turn's tool call. */
function computeCostPerTurn(
  marks: readonly number[] = [],
  { from, to }: { readonly from: number; readonly to: number },
): number {
  return ((marks[to] ?? Number.NaN) - (marks[from] ?? Number.NaN)) / (to - from);
}

/** Computes the figures of the table from the measures. */
const FIGURES: Partial<Record<RowKey, (cost: (measure: Measure) => number) => number>> = {
  request: (cost) => cost('request') / LOADS.request.turns,
  request64: (cost) => cost('request64') / LOADS.request64.turns,
  streamed: (cost) => cost('streamed') / LOADS.streamed.turns,
  bulk: (cost) => (cost('bulk') - cost('short')) / (LOADS.bulk.words - LOADS.short.words),
  paced: (cost) => (cost('paced') - cost('short')) / (LOADS.paced.words - LOADS.short.words),
  first: (cost) => cost('first'),
  tools: (cost) => (cost('tools') - cost('request')) / LOADS.tools.turns,
  late: (cost) => cost('late'),
  whole: (cost) => cost('whole') / 1_000,
};

function groupByRow(completed: readonly RoundCosts[]): MeasuredRows {
  const names = [...(completed[0]?.keys() ?? [])];
  const collectSamples = (figure: (cost: (measure: Measure) => number) => number) =>
    names.map((name) => [
      name,
      completed.map((each) => figure((measure) => computeMean(each.get(name)?.get(measure)))),
    ]);
  return Object.fromEntries(
    Object.entries(FIGURES).map(([key, figure]) => [key, Object.fromEntries(collectSamples(figure))]),
  );
}

function computeMean(values: readonly number[] = []): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
