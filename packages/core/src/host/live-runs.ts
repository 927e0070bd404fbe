import type { UserMessage } from '../chat/message.ts';
import type { JournalEvent } from '../event/fact.ts';
import type { LiveEvent } from '../event/notice.ts';

/** An event of a run that another part of this process works on. */
export interface FollowedEvent {
  readonly path: string;
  readonly event: JournalEvent | LiveEvent;
  /** Whether it was in the journal before the follower came. */
  readonly replayed: boolean;
}

export interface Follower {
  /** Whether the follower wants pieces of a response as they come; asked before each request. */
  readonly isHeard: () => boolean;
  /** Gets the journal so far, what is under way, then each event. The next one comes when its promise is resolved. */
  readonly onEvent: (event: FollowedEvent) => Promise<void> | void;
  /** The run is over here, however it ended: what it came to is known to the host. */
  readonly onEnd: () => void;
}

/** A run at work in this process. */
export interface FollowedRun {
  /** Gives the function that ends the following. */
  follow(follower: Follower): () => void;
  /** As `Run.steer`: `true` when the message is part of the run, `false` if the run ended without it. */
  steer(message: UserMessage): Promise<boolean>;
}

/** Makes a run known to others in this process; gives the function that takes it away again. */
export function addLiveRun(host: object, runId: string, run: FollowedRun): () => void {
  const liveRuns = getRegistry();
  const runs = liveRuns.get(host) ?? new Map<string, FollowedRun>();
  liveRuns.set(host, runs);
  runs.set(runId, run);
  return () => {
    if (runs.get(runId) === run) runs.delete(runId);
  };
}

export function findLiveRun(host: object, runId: string): FollowedRun | undefined {
  return getRegistry().get(host)?.get(runId);
}

/** By host, the runs that this process works on. A run is here only while it is at work. */
type Registry = WeakMap<object, Map<string, FollowedRun>>;

/** Where every copy of this package finds the registry: the host of one may have runs of the other. Another `FollowedRun` needs another key. */
const REGISTRY = Symbol.for('pawl.liveRuns');

function getRegistry(): Registry {
  const holder = globalThis as { [REGISTRY]?: Registry };
  holder[REGISTRY] ??= new WeakMap();
  return holder[REGISTRY];
}
