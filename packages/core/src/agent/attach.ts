import type { Clock } from '../base/clock.ts';
import { follow } from '../durable/follow.ts';
import type { DurableHost, RunRecord } from '../durable/host.ts';
import type { Outcome } from '../event/outcome.ts';

import { reasonText } from '../perform/scope.ts';
import { historyOf } from './history-of.ts';

import type { RunPorts } from './run.ts';

export interface Attaching {
  readonly host: DurableHost;
  readonly clock: Clock;
  readonly ports: RunPorts;
}

/**
 * Looks on at a run that somebody else works on: tells its facts as they are remembered, and gives its outcome. An abort
 * here cancels it there. `undefined`: whoever worked on it is gone.
 */
export async function attach(
  record: RunRecord,
  { host, clock, ports }: Attaching,
): Promise<Outcome<unknown> | undefined> {
  const { runId, agent, instructions, at, isEnqueued } = record;
  const replayed = { replayed: true };
  if (isEnqueued !== true) {
    const { messages } = historyOf(record);
    const started = { type: 'run.started' as const, agent, messages, at, activeMs: 0 };
    ports.tellAt('').fact(instructions === undefined ? started : { ...started, instructions }, replayed);
  }
  const cancelling = cancelOnAbort(runId, { host, signal: ports.signal });
  try {
    for await (const { status, facts, outcome } of follow(host, runId, { clock })) {
      for (const { path, fact } of facts) ports.tellAt(path).fact(fact, replayed);
      if (status === 'interrupted') return undefined;
      if (status !== 'running' && status !== 'queued') return outcome;
      await cancelling.failed();
    }
    return undefined;
  } finally {
    cancelling.end();
  }
}

interface Cancelling {
  /** Rejects where the host could not be told. */
  readonly failed: () => Promise<void>;
  readonly end: () => void;
}

function cancelOnAbort(
  runId: string,
  { host, signal }: { readonly host: DurableHost; readonly signal: AbortSignal },
): Cancelling {
  let told = Promise.resolve();
  const cancel = (): void => {
    told = host.cancel(runId, { reason: reasonText(signal.reason) });
    told.catch(() => undefined); // Whoever follows the run is told of it.
  };
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  return { failed: () => told, end: () => signal.removeEventListener('abort', cancel) };
}
