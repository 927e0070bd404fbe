import { Channel } from '../base/channel.ts';
import type { Clock } from '../base/clock.ts';
import type { FollowedEvents, FollowOptions, Host, LiveRecord, RecordedEvent, RunProgress } from './host.ts';
import { readFollowOptions } from './host-options.ts';
import { type FollowedEvent, type FollowedRun, findLiveRun, onLiveRunChange } from './live-runs.ts';

export interface PollOptions extends FollowOptions {
  readonly clock: Clock;
}

/** Polls a run until the signal is aborted or the reader stops. The pause doubles while nothing new comes, and ends when an attempt begins or ends in this process. */
export async function* pollRun(
  host: Pick<Host, 'getRun'>,
  runId: string,
  { after = 0, signal = new AbortController().signal, clock }: PollOptions,
): AsyncGenerator<RunProgress, void> {
  let position = after;
  let pauseMs = MIN_PAUSE_MS;
  while (!signal.aborted) {
    // From before the read: an attempt of this process may begin and end while the reader works.
    const waking = new AbortController();
    const endPause = (): void => waking.abort();
    const stopWaiting = onLiveRunChange(host, runId, endPause);
    signal.addEventListener('abort', endPause);
    try {
      const progress = await host.getRun(runId, { after: position });
      const last = progress.events.at(-1)?.position;
      pauseMs = last === undefined ? Math.min(pauseMs * 2, MAX_PAUSE_MS) : MIN_PAUSE_MS;
      position = last ?? position;
      yield progress;
      // Rejects if aborted: the loop condition ends the loop.
      await clock.sleep(pauseMs, waking.signal).catch(() => undefined);
    } finally {
      stopWaiting();
      signal.removeEventListener('abort', endPause);
    }
  }
}

const MIN_PAUSE_MS = 10;
const MAX_PAUSE_MS = 500;

/** Implements `followRun` for every host. */
export function followEvents<Options extends FollowOptions>(
  host: Pick<Host, 'getRun'>,
  runId: string,
  { clock, options }: { readonly clock: Clock; readonly options: Options | undefined },
): AsyncGenerator<FollowedEvents<Options>, void> {
  // Without `live` there are no live records. The compiler cannot derive that from the generic option.
  return streamEvents(host, runId, {
    ...(options !== undefined && readFollowOptions(options)),
    clock,
  }) as AsyncGenerator<FollowedEvents<Options>, void>;
}

async function* streamEvents(
  host: Pick<Host, 'getRun'>,
  runId: string,
  options: PollOptions,
): AsyncGenerator<RecordedEvent | LiveRecord, void> {
  const { signal = new AbortController().signal } = options;
  let { after = 0 } = options;
  for (let isOver = false; !isOver && !signal.aborted; ) {
    const run = findLiveRun(host, runId);
    const source =
      run === undefined
        ? readJournalUntilLive(host, runId, { ...options, after })
        : readLiveEvents(run, {
            journal: new JournalReader(host, runId, after),
            signal,
            isLive: options.live === true,
          });
    isOver = run === undefined;
    for await (const each of source) {
      if (each === GOES_LIVE) isOver = false;
      else {
        if ('position' in each) after = each.position;
        yield each;
      }
    }
  }
}

/** Marks that the run has begun to work in this process. */
const GOES_LIVE = Symbol('goes live');

async function* readJournalUntilLive(
  host: Pick<Host, 'getRun'>,
  runId: string,
  options: PollOptions,
): AsyncGenerator<RecordedEvent | typeof GOES_LIVE, void> {
  for await (const { events, status } of pollRun(host, runId, options)) {
    yield* events;
    if (hasEnded(status)) return;
    if (options.untilSuspended === true && status === 'suspended' && findLiveRun(host, runId) === undefined) return;
    if (findLiveRun(host, runId) !== undefined) {
      yield GOES_LIVE;
      return;
    }
  }
}

interface LiveSource {
  readonly journal: JournalReader;
  readonly signal: AbortSignal;
  /** Whether live events are wanted, too. */
  readonly isLive: boolean;
}

/** Yields journal events and live events in the order in which they happened: each recorded event says how far to read in the journal. */
async function* readLiveEvents(
  run: FollowedRun,
  { journal, signal, isLive }: LiveSource,
): AsyncGenerator<RecordedEvent | LiveRecord, void> {
  const channel = new Channel<FollowedEvent>(Number.POSITIVE_INFINITY, () => undefined);
  const stopFollowing = run.follow({
    isHeard: () => isLive,
    onEvent: (event) => {
      if (isLive || event.position !== undefined) void channel.push(event); // The channel is unbounded: the run never waits for a follower.
    },
    onEnd: () => channel.close(),
  });
  signal.addEventListener('abort', stopFollowing, { once: true });
  try {
    for (let next = await channel.next(); next.done !== true; next = await channel.next()) {
      const { path, event, position } = next.value;
      if (!('activeMs' in event)) yield { path, liveEvent: event };
      else if (position !== undefined) yield* await journal.readTo(position);
    }
  } finally {
    signal.removeEventListener('abort', stopFollowing);
    stopFollowing();
  }
}

/** Reads a journal up to the events that a live run reports. */
class JournalReader {
  readonly #host: Pick<Host, 'getRun'>;
  readonly #runId: string;
  #position: number;
  #unread: readonly RecordedEvent[] = [];

  constructor(host: Pick<Host, 'getRun'>, runId: string, position: number) {
    this.#host = host;
    this.#runId = runId;
    this.#position = position;
  }

  /** Returns the events that were not returned before, up to and including this position. */
  async readTo(position: number): Promise<readonly RecordedEvent[]> {
    if (position > this.#position) {
      const { events } = await this.#host.getRun(this.#runId, { after: this.#position });
      this.#position = events.at(-1)?.position ?? this.#position;
      this.#unread = [...this.#unread, ...events];
    }
    const found = this.#unread.filter((event) => event.position <= position);
    this.#unread = this.#unread.slice(found.length);
    return found;
  }
}

/** Whether a status is final. `suspended` and `interrupted` are not: the run can still be resumed. */
export function hasEnded(status: RunProgress['status']): boolean {
  return !OPEN_STATUSES.has(status);
}

const OPEN_STATUSES: ReadonlySet<RunProgress['status']> = new Set([
  'queued',
  'running',
  'interrupted',
  'suspended',
] as const);
