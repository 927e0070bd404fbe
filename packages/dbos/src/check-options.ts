import { ConfigError } from '@pawl/core';
import { checkNumber } from '@pawl/core/host';
import type { DbosHostOptions, WorkerRun } from './host-types.ts';

/** @throws ConfigError */
export function checkDbosOptions<Resumed extends WorkerRun>({
  url,
  executorId,
  queue = {},
  leaseMs = 30_000,
}: DbosHostOptions<Resumed>): void {
  checkUrl(url, 'dbosHost');
  if (typeof executorId !== 'string' || executorId.trim() === '') {
    throw new ConfigError(
      `dbosHost: executorId is ${JSON.stringify(executorId)}. Pass a name that is unique to this worker, such as the name of its pod or machine.`,
    );
  }
  checkNumber(leaseMs, { option: 'dbosHost: leaseMs', min: 1_000, allowsInfinity: true });
  const { pollingMs, workerConcurrency, concurrency, rateLimit } = queue;
  const whole = { min: 1, isWhole: true };
  if (pollingMs !== undefined) checkNumber(pollingMs, { option: 'dbosHost: queue.pollingMs', min: 1 });
  for (const [name, value] of Object.entries({ workerConcurrency, concurrency, 'rateLimit.runs': rateLimit?.runs })) {
    if (value !== undefined) checkNumber(value, { option: `dbosHost: queue.${name}`, ...whole });
  }
  if (rateLimit !== undefined)
    checkNumber(rateLimit.periodMs, { option: 'dbosHost: queue.rateLimit.periodMs', min: 1 });
  if (workerConcurrency !== undefined && concurrency !== undefined && workerConcurrency > concurrency) {
    throw new ConfigError(
      `dbosHost: queue.workerConcurrency is ${workerConcurrency}, more than queue.concurrency, which is ${concurrency}. Lower the first or raise the second.`,
    );
  }
}

/** Checks a database URL: the driver takes an empty one for the server of this machine. @throws ConfigError */
export function checkUrl(url: string, caller: string): void {
  if (typeof url === 'string' && /^postgres(ql)?:\/\//.test(url)) return;
  // Does not quote the URL: it may contain a password.
  throw new ConfigError(
    `${caller}: url is not the URL of a PostgreSQL database. Pass postgresql://user:password@host:5432/name.`,
  );
}
