import type { Clock } from '../base/clock.ts';
import type { DurableHost, FollowOptions, RememberedFact, RunProgress } from './host.ts';

export interface FollowedBy extends FollowOptions {
  readonly clock: Clock;
}

/** Looks at a run again and again, more and more seldom while nothing comes; ends where the reader stops. */
export async function* follow(
  host: Pick<DurableHost, 'read'>,
  runId: string,
  { after = 0, signal = new AbortController().signal, clock }: FollowedBy,
): AsyncGenerator<RunProgress, void> {
  let position = after;
  let pauseMs = LEAST_MS;
  while (!signal.aborted) {
    const progress = await host.read(runId, { after: position });
    const last = progress.facts.at(-1)?.position;
    pauseMs = last === undefined ? Math.min(pauseMs * 2, MOST_MS) : LEAST_MS;
    position = last ?? position;
    yield progress;
    await clock.sleep(pauseMs, signal).catch(() => undefined); // Aborted: the loop ends.
  }
}

const LEAST_MS = 10;
const MOST_MS = 500;

/** What every host's `events` gives. */
export async function* followFacts(
  host: Pick<DurableHost, 'read'>,
  runId: string,
  options: FollowedBy,
): AsyncGenerator<RememberedFact, void> {
  for await (const { facts, status } of follow(host, runId, options)) {
    yield* facts;
    if (hasEnded(status)) return;
  }
}

/** `suspended` is no end. */
export function hasEnded(status: RunProgress['status']): boolean {
  return !GOING.has(status);
}

const GOING: ReadonlySet<RunProgress['status']> = new Set(['queued', 'running', 'interrupted', 'suspended'] as const);
