import { Child } from '../compare/child.ts';
import { ContestantProcess } from '../compare/contestant-process.ts';
import type { ContestantEntry } from '../compare/contestants.ts';
import { createScenario } from '../compare/scenario.ts';
import type { ServerOrder } from '../compare/server.ts';
import type { MemoryUse } from '../compare/worker.ts';

const RUNS = 100_000;
const SAMPLES = 10;
const AT_ONCE = 64;

export interface SoakResult {
  readonly runs: number;
  readonly seconds: number;
  /** After each tenth of the runs and a garbage collection. */
  readonly liveMiB: readonly number[];
  readonly rssMiB: readonly number[];
}

/** Measures runs of two turns over HTTP in one process. */
export async function measureSoak(entry: ContestantEntry): Promise<SoakResult> {
  const server = new Child<ServerOrder>('server.ts', { isApart: true });
  const port = await server.waitUntilReady();
  const competitor = new ContestantProcess(entry, { port, nodeOptions: ['--expose-gc'] });
  try {
    await competitor.start();
    const samples: MemoryUse[] = [];
    const startedAt = performance.now();
    const order = {
      type: 'runs',
      scenario: createScenario({ turns: 2, atOnce: AT_ONCE }),
      count: RUNS / SAMPLES,
    } as const;
    while (samples.length < SAMPLES) {
      await competitor.child.ask(order);
      samples.push(await competitor.child.ask<MemoryUse>({ type: 'memory' }));
    }
    return {
      runs: RUNS,
      seconds: (performance.now() - startedAt) / 1_000,
      liveMiB: samples.map(({ live }) => live / 2 ** 20),
      rssMiB: samples.map(({ rss }) => rss / 2 ** 20),
    };
  } finally {
    await competitor.child.stop();
    await server.stop();
  }
}
