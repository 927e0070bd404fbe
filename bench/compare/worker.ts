// Runs one contestant: executes orders and measures their cost. Its arguments: the client's file, the server's port, and optionally
// `count-timers`.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { countTimers, getTimerCounts } from './count-timers.ts';
import { writeProfile } from './cpu-profile.ts';
import { createExpectedText, createScenario, encodePath, type Scenario } from './scenario.ts';
import { type Client, type ContestantModule, executions, PROMPT } from './work.ts';

export type WorkerOrder =
  /** Runs conversations for `ms`. Value: µs of CPU time of one conversation. */
  | { readonly type: 'load'; readonly scenario: Scenario; readonly ms: number }
  /** Runs one conversation of `turns` turns. Value: µs of CPU time up to each turn's tool call, and up to the end. */
  | { readonly type: 'turns'; readonly turns: number }
  /** Runs `count` streamed conversations. Value: median µs of wall time until the first word. */
  | { readonly type: 'first'; readonly count: number }
  /** Starts `count` further conversations with a server that holds its responses. */
  | { readonly type: 'park'; readonly count: number }
  /** Value: bytes in use after a garbage collection. */
  | { readonly type: 'memory' }
  /** Waits until the parked conversations have ended. */
  | { readonly type: 'settle' }
  /** Value: µs of CPU time so far. */
  | { readonly type: 'cpu' }
  /** Runs `count` conversations, as many in parallel as the scenario says. */
  | { readonly type: 'runs'; readonly scenario: Scenario; readonly count: number }
  /** Like `load`. Value: the delay of the event loop. */
  | { readonly type: 'delay'; readonly scenario: Scenario; readonly ms: number }
  /** Value: the numbers of timers, if they are counted. */
  | { readonly type: 'timers' }
  /** Like `load`. Writes a CPU profile to the file. */
  | { readonly type: 'profile'; readonly scenario: Scenario; readonly ms: number; readonly file: string };

export interface MemoryUse {
  readonly rss: number;
  /** Used bytes of the heap, and external memory. */
  readonly live: number;
}

/** Milliseconds. */
export interface EventLoopDelay {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

const [file = '', port = '', counts] = process.argv.slice(2);
if (counts === 'count-timers') countTimers();
const { connect }: ContestantModule = await import(pathToFileURL(file).href);
const clients = new Map<string, Client>();
const parked: Promise<void>[] = [];

/** Returns the client of a scenario: there is one for each, as in a service. */
async function getClient(of: Scenario): Promise<Client> {
  const key = `${encodePath(of)} ${of.toolCount}`;
  const setup = {
    baseURL: `http://127.0.0.1:${port}/${encodePath(of)}/v1`,
    toolCount: of.toolCount,
    maxTurns: of.turns + 5,
  };
  const client = clients.get(key) ?? (await connect(setup));
  clients.set(key, client);
  return client;
}

interface BenchConversation {
  readonly client: Client;
  readonly of: Scenario;
  readonly expected: string;
}

async function createConversation(of: Scenario): Promise<BenchConversation> {
  return { client: await getClient(of), of, expected: createExpectedText(of) };
}

async function runConversation(
  { client, of, expected }: BenchConversation,
  onText = (_: string): void => undefined,
): Promise<void> {
  const text = of.isStreamed ? await client.stream(PROMPT, onText) : await client.run(PROMPT);
  if (text !== expected) throw new Error(`The text is ${JSON.stringify(String(text).slice(0, 100))}.`);
}

/** Measures a load. Warms up for a quarter of the time: the process was idle during the turns of others. */
async function load({ scenario: of, ms }: { readonly scenario: Scenario; readonly ms: number }): Promise<number> {
  const one = await createConversation(of);
  const before = executions.count;
  const early = await runForDuration(one, ms / 4);
  const since = process.cpuUsage();
  const count = await runForDuration(one, ms);
  const cost = readCpuMicros(since) / count;
  const expected = (early + count) * (of.turns - 1) * of.calls;
  const executed = executions.count - before;
  if (executed !== expected) throw new Error(`The contestant ran ${executed} tool calls; expected ${expected}.`);
  return cost;
}

/** Runs at least one conversation in each parallel sequence. Returns their number. */
function runForDuration(one: BenchConversation, ms: number): Promise<number> {
  const end = performance.now() + ms;
  return runSideBySide(one, (count) => count <= one.of.atOnce || performance.now() < end);
}

/** Runs parallel sequences of conversations while `isWanted` returns true for the next one's number. */
async function runSideBySide(one: BenchConversation, isWanted: (count: number) => boolean): Promise<number> {
  let count = 0;
  const runSequence = async (): Promise<void> => {
    while (isWanted(count + 1)) {
      count++;
      await runConversation(one);
    }
  };
  await Promise.all(Array.from({ length: one.of.atOnce }, runSequence));
  return count;
}

async function measureDelay({
  scenario: of,
  ms,
}: {
  readonly scenario: Scenario;
  readonly ms: number;
}): Promise<EventLoopDelay> {
  const one = await createConversation(of);
  await runForDuration(one, ms / 4);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await runForDuration(one, ms);
  histogram.disable();
  const [median, p99] = [50, 99].map((percentile) => histogram.percentile(percentile) / 1e6);
  return { median: median ?? Number.NaN, p99: p99 ?? Number.NaN, max: histogram.max / 1e6 };
}

async function measureTurnCosts(turns: number): Promise<readonly number[]> {
  const short = await createConversation(createScenario({ turns: 20 }));
  const long = await createConversation(createScenario({ turns }));
  for (let count = 0; count < 3; count++) await runConversation(short);
  const costs: number[] = [];
  const since = process.cpuUsage();
  executions.onExecution = () => costs.push(readCpuMicros(since));
  await runConversation(long);
  executions.onExecution = undefined;
  return [...costs, readCpuMicros(since)];
}

async function measureFirstText(count: number): Promise<number> {
  const one = await createConversation(createScenario({ words: 20, writes: 'first', pauseMs: 5, isStreamed: true }));
  const waits: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now();
    let wait: number | undefined;
    await runConversation(one, () => {
      wait ??= performance.now() - startedAt;
    });
    waits.push((wait ?? Number.NaN) * 1_000);
  }
  // Ignores the first quarter, which is not warmed up.
  return waits.slice(count >> 2).toSorted((a, b) => a - b)[(count - (count >> 2)) >> 1] ?? Number.NaN;
}

async function park(count: number): Promise<void> {
  const one = await createConversation(createScenario({ isHeld: true }));
  for (let index = 0; index < count; index++) parked.push(runConversation(one));
}

async function measureMemory(): Promise<MemoryUse> {
  if (globalThis.gc === undefined) throw new Error('Start the process with --expose-gc to measure memory.');
  globalThis.gc();
  await sleep(20);
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, live: heapUsed + external };
}

function readCpuMicros(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

async function obey(order: WorkerOrder): Promise<unknown> {
  switch (order.type) {
    case 'load':
      return load(order);
    case 'turns':
      return measureTurnCosts(order.turns);
    case 'first':
      return measureFirstText(order.count);
    case 'park':
      return park(order.count);
    case 'memory':
      return measureMemory();
    case 'settle':
      return Promise.all(parked);
    case 'cpu':
      return readCpuMicros();
    case 'runs':
      return runSideBySide(await createConversation(order.scenario), (count) => count <= order.count);
    case 'delay':
      return measureDelay(order);
    case 'timers':
      return getTimerCounts();
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
