import type { UserMessage } from '../chat/message.ts';
import type { JournalEvent } from '../event/journal-event.ts';
import type { LiveEvent } from '../event/live-event.ts';
import type { LimitName } from '../event/outcome.ts';

/** An event of a live run, as its followers get it. */
export interface FollowedEvent {
  readonly path: string;
  readonly event: JournalEvent | LiveEvent;
  /** Whether the event was recorded before the follower was added. */
  readonly replayed: boolean;
  /** Of a journal event that the host has stored. */
  readonly position?: number;
  /** The name of the step that recorded a journal event. */
  readonly step?: string;
}

export interface Follower {
  /** Whether the follower wants the deltas of a response; called before each request. */
  readonly isHeard: () => boolean;
  /** Receives the recorded events, those in progress, then each new event. The next event waits until the promise resolves. */
  readonly onEvent: (event: FollowedEvent) => Promise<void> | void;
  /** The attempt has ended in this process. The host has its outcome. */
  readonly onEnd: () => void;
}

/** A run that this process works on. */
export interface FollowedRun {
  /** Adds a follower. Returns the function that removes it. */
  follow(follower: Follower): () => void;
  /** As `Run.steer`: resolves `true` when the message is part of the run, `false` if the run ended without it. */
  steer(message: UserMessage): Promise<boolean>;
  /** Absent if another copy of core executes the run. */
  readonly readBudget?: () => LiveBudget;
}

/** What a run that this process works on may still spend. */
export interface LiveBudget {
  /** The limits of the run: those of the agent, and of the caller. `Infinity`: no limit. */
  readonly limits: Readonly<Record<LimitName, number>>;
  /** What requests and calls under way may use at most. A limit that is not here reserves nothing. */
  readonly reserved: Readonly<Record<'requests' | 'tokens' | 'cost' | 'toolCalls', number>>;
  /** In milliseconds. */
  readonly activeMs: number;
}

/** Reads what a run may still spend. `undefined` unless this process works on it with this host. */
export function readLiveBudget(host: object, runId: string): LiveBudget | undefined {
  return findLiveRun(host, runId)?.readBudget?.();
}

/** Registers a live run. Returns the function that removes it. */
export function addLiveRun(host: object, runId: string, run: FollowedRun): () => void {
  const liveRuns = getRegistry();
  const runs = liveRuns.get(host) ?? new Map<string, FollowedRun>();
  liveRuns.set(host, runs);
  runs.set(runId, run);
  notifyWaiters(host, runId);
  return () => {
    if (runs.get(runId) !== run) return;
    runs.delete(runId);
    notifyWaiters(host, runId);
  };
}

export function findLiveRun(host: object, runId: string): FollowedRun | undefined {
  return getRegistry().get(host)?.get(runId);
}

/** Calls `wake` when an attempt at the run begins or ends in this process. Returns the function that stops this. */
export function onLiveRunChange(host: object, runId: string, wake: () => void): () => void {
  const waiters = getWaiters();
  const ofHost = waiters.get(host) ?? new Map<string, Set<() => void>>();
  waiters.set(host, ofHost);
  const ofRun = ofHost.get(runId) ?? new Set();
  ofHost.set(runId, ofRun);
  ofRun.add(wake);
  return () => {
    ofRun.delete(wake);
    if (ofRun.size === 0 && ofHost.get(runId) === ofRun) ofHost.delete(runId);
  };
}

function notifyWaiters(host: object, runId: string): void {
  for (const wake of getWaiters().get(host)?.get(runId) ?? []) wake();
}

/** The live runs of this process, by host and run id. */
type Registry = WeakMap<object, Map<string, FollowedRun>>;

/** Shared by all copies of this package in the process: the host of one may have runs of another. Change the key when `FollowedRun` changes. */
const REGISTRY = Symbol.for('pawl.liveRuns');

/** The readers that wait for an attempt to begin or end in this process, by host and run id. */
type Waiters = WeakMap<object, Map<string, Set<() => void>>>;

/** Shared, as the live runs are. */
const WAITERS = Symbol.for('pawl.liveRunWaiters');

function getWaiters(): Waiters {
  const holder = globalThis as { [WAITERS]?: Waiters };
  holder[WAITERS] ??= new WeakMap();
  return holder[WAITERS];
}

function getRegistry(): Registry {
  const holder = globalThis as { [REGISTRY]?: Registry };
  holder[REGISTRY] ??= new WeakMap();
  return holder[REGISTRY];
}
