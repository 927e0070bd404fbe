import type { Outcome } from '../event/outcome.ts';
import type { Wait } from './check-answer.ts';
import type { RunCounts, RunRecord, RunSummary } from './host.ts';
import type { CheckedFilter } from './run-filter.ts';

/**
 * Stores runs: what a `StoreHost` needs of a database. A store has no policy; the host decides what is written.
 *
 * Contract, for every method:
 * - A write is atomic, and is durable when its promise resolves.
 * - A write under a `Claim` checks in the same transaction that the claim still holds. If it does not, the method rejects
 *   with `createRunLostError(runId)` and writes nothing.
 * - Callers may change the values that they pass and get: a store keeps copies.
 */
export interface RunStore {
  /**
   * Adds a run.
   *
   * Contract:
   * - If the run exists, rejects with `createRunExistsError(runId)`.
   * - `claimed`: the first attempt begins at once, and the status is `running`.
   * - `queued`: the run waits for a worker. Stores the given steps, in their order, and waits as the run's own. A store whose workers claim
   *   runs by themselves gives the run to one.
   */
  insert(record: RunRecord, as: RunInsertion): Promise<void>;
  /**
   * Begins another attempt: sets the status to `running`, counts the attempt and removes the outcome.
   *
   * Contract:
   * - If the run has ended, or any process works on it, resolves `undefined` without writing.
   * - No other claim on the run succeeds until this one is released, or the process that has it is gone.
   * - Calls `claim.cancel` when the run is cancelled later by another process.
   */
  claim(claim: Claim, now: number): Promise<ClaimedRun | undefined>;
  /**
   * Ends an attempt. The status becomes the outcome's; without an outcome the run is `interrupted`.
   *
   * Contract:
   * - If the claim no longer holds, resolves without writing.
   * - A store whose workers claim runs by themselves gives a suspended run to one if a wait has an answer that is not delivered.
   */
  release(claim: Claim, ended: { readonly outcome: Outcome<unknown> | undefined; readonly now: number }): Promise<void>;
  /**
   * Records that a step begins whose work may run only once.
   *
   * Contract:
   * - Checks the claim once more before it resolves: the process may have been stopped since the write.
   */
  putIntent(claim: Claim, name: string): Promise<void>;
  /**
   * Stores the value of a step, and resolves its position, which `listSteps` gives. Called once for each name.
   *
   * @throws HostError `step.not_json`, by `serializeStep`, if the value is not JSON and the store keeps text.
   */
  putStep(claim: Claim, step: { readonly name: string; readonly value: unknown }): Promise<number>;
  /**
   * For a store that runs the work itself, as a step of its engine. Called instead of `work` and `putStep`.
   *
   * Contract:
   * - Calls `work` once, stores its value under `name`, and resolves the value with its position.
   * - If `work` rejects, stores nothing and rejects with the same error.
   *
   * @defaultValue runs `work`, then `putStep`
   */
  runStep?<T>(
    claim: Claim,
    step: { readonly name: string; readonly work: () => T | Promise<T> },
  ): Promise<RecordedValue<T>>;
  /**
   * Changes the waits of a run, or cancels the run.
   *
   * Contract:
   * - Reads the run and the waits, calls `decide`, and writes the change that it returns, without another write to the run in between.
   * - If `decide` throws, writes nothing and rejects with that error.
   * - If the run does not exist, rejects with `createUnknownRunError(runId)`.
   * - May call `decide` again if the transaction failed: it has no effects.
   */
  update<T>(runId: string, update: RunUpdate<T>): Promise<T>;
  /** Reads a run with its record. Rejects with `createUnknownRunError(runId)` if it does not exist. */
  find(runId: string): Promise<StoredRun>;
  /** Reads the steps of a run that were stored after a position, in that order. */
  listSteps(runId: string, after: number): Promise<readonly StoredStep[]>;
  /** Reads the runs that a filter matches, in its order and up to its limit. `filterRuns` does this for stores without an index. */
  list(filter: CheckedFilter): Promise<readonly RunSummary[]>;
  /**
   * Counts the runs that a filter matches, by status, for a store with an index.
   *
   * @defaultValue `list`, which reads every run
   */
  count?(filter: CheckedFilter): Promise<RunCounts>;
  /**
   * Reads the records of the runs of an agent that can continue and that no process works on, for `resumeAll`. `now`: milliseconds since 1970.
   *
   * @defaultValue `list` of the queued, interrupted and suspended runs, and an `update` of each suspended one to read its waits
   */
  listResumable?(agent: string, now: number): Promise<readonly RunRecord[]>;
  /**
   * Deletes runs with everything that is stored of them. Resolves their number.
   *
   * Contract:
   * - Deletes only runs that have ended: `hasEnded` of their status.
   * - If a run with one of the ids has not ended, rejects with `createNotEndedError` and deletes none. Ignores unknown ids.
   *
   * @defaultValue the host deletes no runs
   */
  deleteRuns?(deletion: RunDeletion): Promise<number>;
  /** Closes the store. Called once, after the last run is released. */
  close?(): Promise<void>;
}

/** The part of a store that a process needs to start, answer and read runs without working on them. */
export type ClientStore = Pick<RunStore, 'insert' | 'update' | 'find' | 'listSteps' | 'list' | 'count' | 'deleteRuns'>;

/** The value of a step with its position. */
export interface RecordedValue<T> {
  readonly value: T;
  readonly position: number;
}

/** Which runs to delete. */
export type RunDeletion =
  /** `time`: milliseconds since 1970. A run ends at its `updatedAt`. */
  | { readonly type: 'ended_before'; readonly time: number }
  | { readonly type: 'ids'; readonly runIds: readonly string[] };

/** One attempt's right to work on a run. */
export interface Claim {
  readonly runId: string;
  /** A random text, unique to the attempt. */
  readonly token: string;
  /** Aborts the attempt. The store calls it when another process has cancelled the run. */
  readonly cancel: (reason: string) => void;
}

export type RunInsertion =
  | { readonly type: 'claimed'; readonly claim: Claim }
  /** `steps` and `waits`: copied from the run that this one is a fork of. */
  | {
      readonly type: 'queued';
      readonly steps?: readonly StoredStep[];
      readonly waits?: ReadonlyMap<string, Wait>;
    };

/** What an attempt begins with: the stored state of the run. */
export interface ClaimedRun {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The reason, if the run was cancelled. */
  readonly cancelReason: string | undefined;
  /** All steps, as `listSteps` gives them. */
  readonly steps: readonly StoredStep[];
  /** The names of the intents that earlier attempts have stored. */
  readonly intents: ReadonlySet<string>;
}

export interface RunUpdate<T> {
  /** The claim of the attempt that makes the update. A store may repeat such an update after a broken connection. */
  readonly claim?: Claim;
  /** Which waits `decide` gets: all, or the one with that name. @defaultValue none */
  readonly waits?: 'all' | { readonly name: string };
  readonly decide: (run: StoredState, waits: ReadonlyMap<string, Wait>) => Decision<T>;
}

export interface Decision<T> {
  readonly result: T;
  readonly change?: RunChange;
}

export interface RunChange {
  /** By name; each replaces the wait of that name. */
  readonly waits?: ReadonlyMap<string, Wait>;
  /** Cancels the run, for this reason. */
  readonly cancelReason?: string;
  /** No process works on the run, and it can continue. A store whose workers claim runs by themselves gives it to one, in the same transaction. */
  readonly isResumable?: boolean;
}

/** The state of a run that an update decides on. The status is `interrupted` if an attempt has begun and no process works on the run. */
export type StoredState = Pick<RunSummary, 'runId' | 'status'> & { readonly cancelReason: string | undefined };

export interface StoredRun extends RunSummary {
  readonly record: RunRecord;
}

export interface StoredStep {
  /** From 1, in the order in which the steps of the run were stored, with gaps. */
  readonly position: number;
  readonly name: string;
  readonly value: unknown;
}
