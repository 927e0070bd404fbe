import { ConcurrencyLimiter } from '../base/concurrency-limiter.ts';
import type { StepTask } from './step-runner.ts';

export interface ParallelOptions {
  readonly width: number;
  readonly run: <T>(task: StepTask<T>) => Promise<T>;
}

/** Starts tasks in order, at most `width` at once. Rejects with the first failure, after every task has settled. */
export async function runParallel<T>(
  tasks: readonly StepTask<T>[],
  { width, run }: ParallelOptions,
): Promise<readonly T[]> {
  const [only] = tasks;
  if (only !== undefined && tasks.length === 1) return [await run(only)];
  const isFree = tasks.length <= width && !tasks.some((task) => isExclusive(task));
  const settled = await Promise.allSettled(
    isFree ? tasks.map((task) => run(task)) : startLimited(tasks, { width, run }),
  );
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function startLimited<T>(tasks: readonly StepTask<T>[], { width, run }: ParallelOptions): Promise<T>[] {
  const limiter = new ConcurrencyLimiter(width);
  return tasks.map((task) => limiter.run(() => run(task), { exclusive: isExclusive(task) }));
}

function isExclusive<T>(task: StepTask<T>): boolean {
  return task.type === 'step' && task.exclusive === true;
}
