import { cpus } from 'node:os';
import type { Child } from './child.ts';

/** Starts counting. The returned function measures the share of the machine's CPU time that other processes have used since. */
export async function measureOthersShare(
  own: readonly Child<{ readonly type: 'cpu' }>[],
): Promise<() => Promise<number>> {
  const before = await readCpuTimes(own);
  return async () => {
    const after = await readCpuTimes(own);
    return Math.max(0, after.busyMs - before.busyMs - (after.ownMs - before.ownMs)) / (after.allMs - before.allMs);
  };
}

async function readCpuTimes(own: readonly Child<{ readonly type: 'cpu' }>[]) {
  let ownMicros = process.cpuUsage().user + process.cpuUsage().system;
  // A process that has ended counts as another one.
  for (const child of own) ownMicros += await child.ask<number>({ type: 'cpu' }).catch(() => 0);
  const times = cpus().map(({ times: { idle, ...busy } }) => ({ idle, busy: addUp(Object.values(busy)) }));
  const busyMs = addUp(times.map(({ busy }) => busy));
  return { ownMs: ownMicros / 1_000, busyMs, allMs: busyMs + addUp(times.map(({ idle }) => idle)) };
}

function addUp(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
