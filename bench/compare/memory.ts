import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.ts';
import { ContestantProcess } from './contestant-process.ts';
import type { ContestantEntry } from './contestants.ts';
import type { MeasuredRows } from './rows.ts';
import { createScenario } from './scenario.ts';
import type { ServerOrder } from './server.ts';
import type { MemoryUse } from './worker.ts';

const FEW = 100;
const MANY = 1_000;
const WAIT_MS = 30_000;

/** Measures KiB per run that waits for a response: the slope between 100 and 1,000 runs, in new processes. */
export async function measureMemory(entries: readonly ContestantEntry[], repeats: number): Promise<MeasuredRows> {
  const rss: Record<string, number[]> = {};
  const live: Record<string, number[]> = {};
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const entry of entries) {
      const { name } = entry;
      const slope = await measureParked(entry);
      rss[name] = [...(rss[name] ?? []), (slope?.rss ?? Number.NaN) / 1_024];
      live[name] = [...(live[name] ?? []), (slope?.live ?? Number.NaN) / 1_024];
    }
  }
  return { rss, live };
}

async function measureParked(entry: ContestantEntry): Promise<MemoryUse | undefined> {
  const server = new Child<ServerOrder>('server.ts', { isApart: true });
  const competitor = new ContestantProcess(entry, {
    port: await server.waitUntilReady(),
    nodeOptions: ['--expose-gc'],
  });
  try {
    if (!(await competitor.start())) return undefined;
    await competitor.measure('memory', { type: 'load', scenario: createScenario({ atOnce: 5 }), ms: 100 });
    const few = await parkRuns(FEW, { competitor, server });
    const many = await parkRuns(MANY, { competitor, server });
    if (few === undefined || many === undefined) return undefined;
    await server.ask({ type: 'release' });
    await competitor.measure('memory', { type: 'settle' });
    const computeSlope = (from: number, to: number): number => (to - from) / (MANY - FEW);
    return { rss: computeSlope(few.rss, many.rss), live: computeSlope(few.live, many.live) };
  } catch (error) {
    console.error(`The memory of ${entry.name} is not measured. ${error}`);
    return undefined;
  } finally {
    await competitor.child.stop();
    await server.stop();
  }
}

export interface ParkScope {
  readonly competitor: ContestantProcess;
  readonly server: Child<ServerOrder>;
}

/** Starts runs until `count` of them wait for a response, and returns the memory in use. */
export async function parkRuns(count: number, { competitor, server }: ParkScope): Promise<MemoryUse | undefined> {
  const waiting = await server.ask<number>({ type: 'held' });
  await competitor.measure('memory', { type: 'park', count: count - waiting });
  const endAt = performance.now() + WAIT_MS;
  while ((await server.ask<number>({ type: 'held' })) < count) {
    if (performance.now() > endAt) throw new Error(`${competitor.name} did not send ${count} requests.`);
    await sleep(20);
  }
  return competitor.measure('memory', { type: 'memory' });
}
