// One contestant in a process of its own: does what it is ordered to, and tells what that cost. Its arguments: the client's
// file, the server's port, and `count-timers` where they are to be counted.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { countTimers, timerCounts } from './count-timers.ts';
import { writeProfile } from './cpu-profile.ts';
import { expectedText, pathOf, type Scenario, scenario } from './scenario.ts';
import { type Client, type Contestant, executions, PROMPT } from './work.ts';

export type WorkerOrder =
  /** Conversations for so long. The reply: what one of them costs, in µs of CPU time. */
  | { readonly type: 'load'; readonly scenario: Scenario; readonly ms: number }
  /** One conversation of so many turns. The reply: µs of CPU time up to each turn's tool call, and up to the end. */
  | { readonly type: 'turns'; readonly turns: number }
  /** So many streamed conversations. The reply: µs of wall time until the first word, the median. */
  | { readonly type: 'first'; readonly count: number }
  /** So many conversations more, against a server that holds its replies. */
  | { readonly type: 'park'; readonly count: number }
  /** The reply: bytes in use, after a collection. */
  | { readonly type: 'memory' }
  /** Waits until the parked ones have ended. */
  | { readonly type: 'settle' }
  /** µs of CPU time so far. */
  | { readonly type: 'cpu' }
  /** So many conversations, as many side by side as the scenario says. */
  | { readonly type: 'runs'; readonly scenario: Scenario; readonly count: number }
  /** As `load`. The reply: how late the event loop's turns were. */
  | { readonly type: 'delay'; readonly scenario: Scenario; readonly ms: number }
  /** The reply: timers, where they are counted. */
  | { readonly type: 'timers' }
  /** As `load`, with a CPU profile written to the file. */
  | { readonly type: 'profile'; readonly scenario: Scenario; readonly ms: number; readonly file: string };

export interface Memory {
  readonly rss: number;
  /** On the heap and outside of it. */
  readonly live: number;
}

/** Milliseconds. */
export interface Delay {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

const [file = '', port = '', counts] = process.argv.slice(2);
if (counts === 'count-timers') countTimers();
const { connect }: Contestant = await import(pathToFileURL(file).href);
const clients = new Map<string, Client>();
const parked: Promise<void>[] = [];

/** One for each scenario, as in a service. */
async function clientFor(of: Scenario): Promise<Client> {
  const key = `${pathOf(of)} ${of.toolCount}`;
  const setup = {
    baseURL: `http://127.0.0.1:${port}/${pathOf(of)}/v1`,
    toolCount: of.toolCount,
    maxTurns: of.turns + 5,
  };
  const client = clients.get(key) ?? (await connect(setup));
  clients.set(key, client);
  return client;
}

interface Conversation {
  readonly client: Client;
  readonly of: Scenario;
  readonly expected: string;
}

async function conversation(of: Scenario): Promise<Conversation> {
  return { client: await clientFor(of), of, expected: expectedText(of) };
}

async function converse(
  { client, of, expected }: Conversation,
  onText = (_: string): void => undefined,
): Promise<void> {
  const text = of.isStreamed ? await client.stream(PROMPT, onText) : await client.run(PROMPT);
  if (text !== expected) throw new Error(`The answer is ${JSON.stringify(String(text).slice(0, 100))}.`);
}

/** A quarter of the time before it counts: the process was idle while others had their turn. */
async function load({ scenario: of, ms }: { readonly scenario: Scenario; readonly ms: number }): Promise<number> {
  const one = await conversation(of);
  const before = executions.count;
  const early = await lanes(one, ms / 4);
  const since = process.cpuUsage();
  const count = await lanes(one, ms);
  const cost = micros(since) / count;
  const expected = (early + count) * (of.turns - 1) * of.calls;
  const executed = executions.count - before;
  if (executed !== expected) throw new Error(`It ran ${executed} tool calls, and not ${expected}.`);
  return cost;
}

/** At least one conversation in each lane. How many there were. */
function lanes(one: Conversation, ms: number): Promise<number> {
  const end = performance.now() + ms;
  return inLanes(one, (count) => count <= one.of.atOnce || performance.now() < end);
}

/** Conversations side by side, one after the other in each lane, as long as `isWanted` says so of the next one's number. */
async function inLanes(one: Conversation, isWanted: (count: number) => boolean): Promise<number> {
  let count = 0;
  const lane = async (): Promise<void> => {
    while (isWanted(count + 1)) {
      count++;
      await converse(one);
    }
  };
  await Promise.all(Array.from({ length: one.of.atOnce }, lane));
  return count;
}

async function delayUnder({ scenario: of, ms }: { readonly scenario: Scenario; readonly ms: number }): Promise<Delay> {
  const one = await conversation(of);
  await lanes(one, ms / 4);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await lanes(one, ms);
  histogram.disable();
  const [median, p99] = [50, 99].map((percentile) => histogram.percentile(percentile) / 1e6);
  return { median: median ?? Number.NaN, p99: p99 ?? Number.NaN, max: histogram.max / 1e6 };
}

async function costByTurn(turns: number): Promise<readonly number[]> {
  const short = await conversation(scenario({ turns: 20 }));
  const long = await conversation(scenario({ turns }));
  for (let count = 0; count < 3; count++) await converse(short);
  const costs: number[] = [];
  const since = process.cpuUsage();
  executions.onExecution = () => costs.push(micros(since));
  await converse(long);
  executions.onExecution = undefined;
  return [...costs, micros(since)];
}

async function firstWord(count: number): Promise<number> {
  const one = await conversation(scenario({ words: 20, writes: 'first', pauseMs: 5, isStreamed: true }));
  const waits: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now();
    let wait: number | undefined;
    await converse(one, () => {
      wait ??= performance.now() - startedAt;
    });
    waits.push((wait ?? Number.NaN) * 1_000);
  }
  // The first few are colder.
  return waits.slice(count >> 2).toSorted((a, b) => a - b)[(count - (count >> 2)) >> 1] ?? Number.NaN;
}

async function park(count: number): Promise<void> {
  const one = await conversation(scenario({ isHeld: true }));
  for (let index = 0; index < count; index++) parked.push(converse(one));
}

async function memoryHost(): Promise<Memory> {
  if (globalThis.gc === undefined) throw new Error('Memory is measured in a process with --expose-gc.');
  globalThis.gc();
  await sleep(20);
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, live: heapUsed + external };
}

function micros(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

async function obey(order: WorkerOrder): Promise<unknown> {
  switch (order.type) {
    case 'load':
      return load(order);
    case 'turns':
      return costByTurn(order.turns);
    case 'first':
      return firstWord(order.count);
    case 'park':
      return park(order.count);
    case 'memory':
      return memoryHost();
    case 'settle':
      return Promise.all(parked);
    case 'cpu':
      return micros();
    case 'runs':
      return inLanes(await conversation(order.scenario), (count) => count <= order.count);
    case 'delay':
      return delayUnder(order);
    case 'timers':
      return timerCounts();
    case 'profile':
      return writeProfile(order.file, () => load(order));
  }
}

process.on('message', (order: WorkerOrder) => {
  obey(order).then(
    (value) => process.send?.({ value: value ?? null }),
    (error) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ value: 'ready' });
