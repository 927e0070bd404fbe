import { ConcurrencyLimiter } from '../base/concurrency-limiter.ts';
import type { StepTask } from './step-runner.ts';

export interface SideBySide {
  readonly width: number;
  readonly run: <T>(task: StepTask<T>) => Promise<T>;
}

/** Runs tasks in the order given, at most `width` at once; every one has settled before the first failure is told. */
export async function sideBySide<T>(tasks: readonly StepTask<T>[], { width, run }: SideBySide): Promise<readonly T[]> {
  const [only] = tasks;
  if (only !== undefined && tasks.length === 1) return [await run(only)];
  const isFree = tasks.length <= width && !tasks.some((task) => isExclusive(task));
  const settled = await Promise.allSettled(isFree ? tasks.map((task) => run(task)) : gated(tasks, { width, run }));
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function gated<T>(tasks: readonly StepTask<T>[], { width, run }: SideBySide): Promise<T>[] {
  const gate = new ConcurrencyLimiter(width);
  return tasks.map((task) => gate.run(() => run(task), { exclusive: isExclusive(task) }));
}

function isExclusive<T>(task: StepTask<T>): boolean {
  return task.type === 'step' && task.exclusive === true;
}
