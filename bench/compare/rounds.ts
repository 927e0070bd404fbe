import { Child } from './child.ts';
import { Competitor } from './competitor.ts';
import { BASE, type Entry } from './contestants.ts';
import { LOAD_NAMES, LOADS, type Load } from './loads.ts';
import { othersShare } from './noise.ts';
import type { Measured, RowKey } from './rows.ts';
import type { ServerOrder } from './server.ts';

export interface RoundsOptions {
  readonly rounds: number;
  /** No round is begun after so long. */
  readonly capMs: number;
  say(text: string): void;
}

export interface Rounds {
  readonly measured: Measured;
  readonly rounds: number;
  /** The share of the machine that others used meanwhile. */
  readonly others: number;
}

/** CPU and wall time. In each round all contestants have their turns, scenario by scenario. */
export async function measureRounds(entries: readonly Entry[], options: RoundsOptions): Promise<Rounds> {
  const server = new Child<ServerOrder>('server.ts', { isApart: true });
  const started: Competitor[] = [];
  try {
    const port = await server.ready();
    for (const entry of entries) {
      const competitor = new Competitor(entry, { port });
      if (await competitor.start()) started.push(competitor);
    }
    options.say('warming up');
    await round(started, { ms: WARM_UP_MS, firstCount: 10 });
    const others = await othersShare([server, ...started.map(({ child }) => child)]);
    const told = await rounds(started, options);
    return { measured: byRow(told), rounds: told.length, others: await others() };
  } finally {
    await server.stop();
    for (const { child } of started) await child.stop();
  }
}

const MS = 150;
const WARM_UP_MS = 500;
const TURNS = 200;
/** So many contestants are so far apart in time that the base is measured twice. */
const MANY = 6;

async function rounds(all: readonly Competitor[], { rounds: count, capMs, say }: RoundsOptions): Promise<Round[]> {
  const told: Round[] = [];
  const endAt = performance.now() + capMs;
  while (told.length < count && (told.length === 0 || performance.now() < endAt)) {
    told.push(await round(all, { ms: MS, firstCount: 20 }));
    say(`round ${told.length} of ${count}`);
  }
  return told;
}

/** What each contestant cost, by what was measured. */
type Round = ReadonlyMap<string, Costs>;
type Costs = ReadonlyMap<Measure, readonly number[]>;
type Measure = Load | 'first' | 'late' | 'whole';

async function round(
  all: readonly Competitor[],
  { ms, firstCount }: { readonly ms: number; readonly firstCount: number },
): Promise<Round> {
  const told = new Map(all.map(({ name }) => [name, new Map<Measure, number[]>()]));
  const tell = (name: string, measure: Measure, value = Number.NaN): void => {
    const costs = told.get(name);
    costs?.set(measure, [...(costs.get(measure) ?? []), value]);
  };
  const turns = inTurns(all);
  for (const load of LOAD_NAMES) {
    const order = { type: 'load', scenario: LOADS[load], ms } as const;
    for (const each of turns) tell(each.name, load, await each.measure(load, order));
  }
  for (const each of turns) tell(each.name, 'first', await each.measure('first', { type: 'first', count: firstCount }));
  for (const each of turns) {
    const marks = await each.measure<readonly number[]>('turns', { type: 'turns', turns: TURNS });
    tell(each.name, 'late', perTurn(marks, { from: 178, to: 198 }));
    tell(each.name, 'whole', marks?.at(-1));
  }
  return told;
}

function inTurns(all: readonly Competitor[]): readonly Competitor[] {
  const base = all.find(({ name }) => name === BASE);
  return all.length <= MANY || base === undefined ? all : all.toSpliced(Math.ceil(all.length / 2), 0, base);
}

/** Mark 0 is the first turn's tool call. */
function perTurn(marks: readonly number[] = [], { from, to }: { readonly from: number; readonly to: number }): number {
  return ((marks[to] ?? Number.NaN) - (marks[from] ?? Number.NaN)) / (to - from);
}

/** The figures of the table, of what was measured. */
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

function byRow(told: readonly Round[]): Measured {
  const names = [...(told[0]?.keys() ?? [])];
  const samples = (figure: (cost: (measure: Measure) => number) => number) =>
    names.map((name) => [name, told.map((each) => figure((measure) => mean(each.get(name)?.get(measure))))]);
  return Object.fromEntries(Object.entries(FIGURES).map(([key, figure]) => [key, Object.fromEntries(samples(figure))]));
}

function mean(values: readonly number[] = []): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
