import type { UserMessage } from '../chat/message.ts';
import type { Fact } from '../event/fact.ts';
import type { Notice } from '../event/notice.ts';

/** An event of a run that another part of this process works on. */
export interface FollowedEvent {
  readonly path: string;
  readonly event: Fact | Notice;
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

/** By host, the runs that this process works on. A run is here only while it is at work. */
const liveRuns = new WeakMap<object, Map<string, FollowedRun>>();

/** Makes a run known to others in this process; gives the function that takes it away again. */
export function addLiveRun(host: object, runId: string, run: FollowedRun): () => void {
  const runs = liveRuns.get(host) ?? new Map<string, FollowedRun>();
  liveRuns.set(host, runs);
  runs.set(runId, run);
  return () => {
    if (runs.get(runId) === run) runs.delete(runId);
  };
}

export function findLiveRun(host: object, runId: string): FollowedRun | undefined {
  return liveRuns.get(host)?.get(runId);
}
