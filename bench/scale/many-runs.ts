import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../compare/child.ts';
import { ContestantProcess } from '../compare/contestant-process.ts';
import type { ContestantEntry } from '../compare/contestants.ts';
import type { TimerCounts } from '../compare/count-timers.ts';
import { parkRuns } from '../compare/memory.ts';
import { createScenario } from '../compare/scenario.ts';
import type { ServerOrder } from '../compare/server.ts';

const RUNS = 10_000;
/** Of both ends of a connection each has one; some more are the process's own. */
const FILES_NEEDED = RUNS + 100;
const IDLE_MS = 3_000;

export interface ManyRunsResult {
  readonly runs: number;
  /** Until all of them wait for their replies. */
  readonly startMs: number;
  /** From the first reply until all of them have ended, each with the right answer. */
  readonly endMs: number;
  readonly rssKiBEach: number;
  readonly liveKiBEach: number;
  /** While all wait. */
  readonly timersEach: number;
  /** Over the life of a run. */
  readonly timersMadeEach: number;
  /** Of a core, while all wait. */
  readonly cpuShareIdle: number;
}

/** Runs that all wait for a server that says nothing, until it says something to all of them. */
export async function measureManyRuns(entry: ContestantEntry): Promise<ManyRunsResult> {
  checkFiles();
  const server = new Child<ServerOrder>('server.ts', { isApart: true });
  const port = await server.waitUntilReady();
  const competitor = new ContestantProcess(entry, { port, nodeOptions: ['--expose-gc'], args: ['count-timers'] });
  const { child } = competitor;
  try {
    await competitor.start();
    await child.ask({ type: 'runs', scenario: createScenario({ atOnce: 5 }), count: 100 });
    const before = await child.ask<{ rss: number; live: number }>({ type: 'memory' });
    const timersBefore = await child.ask<TimerCounts>({ type: 'timers' });
    const startedAt = performance.now();
    const parked = await parkRuns(RUNS, { competitor, server });
    if (parked === undefined) throw new Error('The runs did not start.');
    const startMs = performance.now() - startedAt;
    const cpuShareIdle = await measureCpuShare(child);
    const waiting = await child.ask<TimerCounts>({ type: 'timers' });
    const releasedAt = performance.now();
    await server.ask({ type: 'release' });
    await child.ask({ type: 'settle' });
    const endMs = performance.now() - releasedAt;
    const timersAfter = await child.ask<TimerCounts>({ type: 'timers' });
    return {
      runs: RUNS,
      startMs,
      endMs,
      rssKiBEach: (parked.rss - before.rss) / 1_024 / RUNS,
      liveKiBEach: (parked.live - before.live) / 1_024 / RUNS,
      timersEach: (waiting.pending - timersBefore.pending) / RUNS,
      timersMadeEach: (timersAfter.made - timersBefore.made) / RUNS,
      cpuShareIdle,
    };
  } finally {
    await child.stop();
    await server.stop();
  }
}

/** Node itself takes as many as the system lets it have. */
function checkFiles(): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (limit === 'unlimited' || Number(limit) >= FILES_NEEDED) return;
  throw new Error(`The system lets a process open ${limit} files, and ${FILES_NEEDED} are needed. Raise the limit.`);
}

async function measureCpuShare(child: ContestantProcess['child']): Promise<number> {
  const before = await child.ask<number>({ type: 'cpu' });
  await sleep(IDLE_MS);
  return ((await child.ask<number>({ type: 'cpu' })) - before) / 1_000 / IDLE_MS;
}
