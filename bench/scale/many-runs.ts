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
/** One for each connection, and some for the process itself. */
const FILES_NEEDED = RUNS + 100;
const IDLE_MS = 3_000;

export interface ManyRunsResult {
  readonly runs: number;
  /** Until all runs wait for their responses. */
  readonly startMs: number;
  /** From the first response until all runs have ended with the right text. */
  readonly endMs: number;
  readonly rssKiBEach: number;
  readonly liveKiBEach: number;
  /** Timers per run while all runs wait. */
  readonly timersEach: number;
  /** Timers created over the life of a run. */
  readonly timersMadeEach: number;
  /** Share of a core while all runs wait. */
  readonly cpuShareIdle: number;
}

/** Measures runs that wait in parallel for a silent server, until it responds to all of them. */
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

/** Checks the system's limit on open files. Node raises its own limit to it. */
function checkFiles(): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (limit === 'unlimited' || Number(limit) >= FILES_NEEDED) return;
  throw new Error(`The system's limit is ${limit} open files; ${FILES_NEEDED} are needed. Raise it with ulimit.`);
}

async function measureCpuShare(child: ContestantProcess['child']): Promise<number> {
  const before = await child.ask<number>({ type: 'cpu' });
  await sleep(IDLE_MS);
  return ((await child.ask<number>({ type: 'cpu' })) - before) / 1_000 / IDLE_MS;
}
