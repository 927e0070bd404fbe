import type { Clock } from '../base/clock.ts';
import type { Outcome } from '../event/outcome.ts';
import { follow } from '../host/follow.ts';
import type { DurableHost } from '../host/host.ts';
import { type FollowedEvent, findLiveRun } from '../host/live-runs.ts';
import { reasonText } from '../perform/scope.ts';
import type { RunPorts } from './run.ts';

export interface Attaching {
  readonly host: DurableHost;
  readonly clock: Clock;
  readonly ports: RunPorts;
}

/**
 * Follows a run that is at work elsewhere, and gives its outcome. An abort here cancels it there. `undefined`: the worker is gone.
 *
 * Within the process the follower gets live events too, from what is under way on. From another process it gets the journal.
 */
export async function attach(runId: string, attaching: Attaching): Promise<Outcome<unknown> | undefined> {
  const { host, ports } = attaching;
  const cancelling = cancelOnAbort(runId, { host, signal: ports.signal });
  try {
    return await Promise.race([followed(runId, attaching), cancelling.failure]);
  } finally {
    cancelling.end();
  }
}

async function followed(runId: string, attaching: Attaching): Promise<Outcome<unknown> | undefined> {
  const { host, clock, ports } = attaching;
  await followHere(runId, attaching);
  let replayed = true;
  for await (const { status, facts, outcome } of follow(host, runId, { clock })) {
    for (const { path, fact } of facts) ports.tellAt(path).fact(fact, { replayed });
    replayed = false; // What comes from now on happens while this run follows.
    if (status === 'interrupted') return undefined;
    if (status !== 'running' && status !== 'queued') return outcome;
    await followHere(runId, attaching); // A worker of this process may have begun with it meanwhile.
  }
  return undefined;
}

/** Until the run is over in this process; at once where it is not at work here. */
async function followHere(runId: string, { host, ports }: Attaching): Promise<void> {
  const run = findLiveRun(host, runId);
  if (run === undefined) return;
  await new Promise<void>((resolve) => {
    run.follow({ isHeard: ports.isHeard, onEvent: (event) => emitFollowed(event, ports), onEnd: resolve });
  });
}

function emitFollowed({ path, event, replayed }: FollowedEvent, ports: RunPorts): Promise<void> | undefined {
  // The outcome is emitted once the host has it.
  if (event.type === 'run.finished' && path === '') return undefined;
  if (!('activeMs' in event)) return ports.tellAt(path).notice(event);
  ports.tellAt(path).fact(event, { replayed });
  return undefined;
}

interface Cancelling {
  /** Rejects where the host could not be told to cancel. Never resolves. */
  readonly failure: Promise<never>;
  readonly end: () => void;
}

function cancelOnAbort(
  runId: string,
  { host, signal }: { readonly host: DurableHost; readonly signal: AbortSignal },
): Cancelling {
  const { promise: failure, reject } = Promise.withResolvers<never>();
  failure.catch(() => undefined); // It is part of a race, which may be over.
  const cancel = (): void => void host.cancel(runId, { reason: reasonText(signal.reason) }).catch(reject);
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  return { failure, end: () => signal.removeEventListener('abort', cancel) };
}
