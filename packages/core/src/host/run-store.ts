import type { Outcome } from '../event/outcome.ts';
import type { Wait } from './check-answer.ts';
import type { RunRecord, RunSummary } from './host.ts';
import type { CheckedFilter } from './run-filter.ts';

/**
 * Where runs are kept: what a `StoreHost` needs of a database. It has no policy; the host decides what is written.
 *
 * Contract, for every method:
 * - A write is atomic, and is kept when its promise resolves.
 * - A write under a `Claim` checks in the same transaction that the claim still holds. If it does not, the method rejects
 *   with `lost(runId)` and writes nothing.
 * - What was given or returned may be changed by whoever holds it: a store keeps copies.
 */
export interface RunStore {
  /**
   * Adds a run.
   *
   * Contract:
   * - If the run exists, rejects with `existing(runId)`.
   * - `claimed`: the first attempt begins at once, and the status is `running`.
   * - `queued`: nobody works on the run yet. Keeps the given steps, in their order, and waits as the run's own. A store whose
   *   workers take runs by themselves hands the run to one.
   */
  insert(record: RunRecord, as: InsertOptions): Promise<void>;
  /**
   * Begins another attempt: sets the status to `running`, counts the attempt and removes the outcome.
   *
   * Contract:
   * - If the run has ended, or somebody works on it, here or elsewhere, resolves `undefined` without writing.
   * - Until it is released, nobody else claims the run, unless the process that has the claim is gone.
   * - Calls `claim.cancel` when the run is cancelled later by another process.
   */
  claim(claim: Claim, now: number): Promise<ClaimedRun | undefined>;
  /**
   * Ends an attempt. The status becomes the outcome's; without an outcome the run is `interrupted`.
   *
   * Contract:
   * - If the claim does not hold any more, resolves without writing.
   * - A store whose workers take runs by themselves hands a suspended run to one if a wait has an answer that is not `taken`.
   */
  release(claim: Claim, ended: { readonly outcome: Outcome<unknown> | undefined; readonly now: number }): Promise<void>;
  /**
   * Records that a step begins which may happen once only.
   *
   * Contract:
   * - When it resolves, the claim holds: the process may have stood still since the write.
   */
  putIntent(claim: Claim, name: string): Promise<void>;
  /**
   * Keeps what a step gave. A name is put once.
   *
   * @throws HostError `step.not_json`, by `stepText`, if the value is not JSON and the store keeps text.
   */
  putStep(claim: Claim, step: { readonly name: string; readonly value: unknown }): Promise<void>;
  /**
   * For a store that runs the work itself, as one of its engine's steps. It is called in place of `work` and `putStep`.
   *
   * Contract:
   * - Calls `work` once, keeps what it gives under `name`, and resolves it.
   * - If `work` rejects, keeps nothing and rejects with the same error.
   *
   * @defaultValue runs `work`, then `putStep`
   */
  runStep?<T>(claim: Claim, step: { readonly name: string; readonly work: () => T | Promise<T> }): Promise<T>;
  /**
   * Changes the waits of a run, or cancels it.
   *
   * Contract:
   * - Reads the run and the waits, calls `decide`, and writes the change that it returns; nobody else changes the run in between.
   * - If `decide` throws, writes nothing and rejects with that error.
   * - If there is no such run, rejects with `unknown(runId)`.
   * - `decide` has no effects: a store may call it again when a transaction failed.
   */
  update<T>(runId: string, update: RunUpdate<T>): Promise<T>;
  /** A run with its record. Rejects with `unknown(runId)` if there is none. */
  find(runId: string): Promise<StoredRun>;
  /** The steps of a run that were put after a position, in that order. */
  listSteps(runId: string, after: number): Promise<readonly StoredStep[]>;
  /** The runs that a filter is for, in its order and up to its limit. `filterRuns` does it for stores without an index. */
  list(filter: CheckedFilter): Promise<readonly RunSummary[]>;
  /** Called once, when the last run was released. */
  close?(): Promise<void>;
}

/** What a process needs that works on no run. */
export type ClientStore = Pick<RunStore, 'insert' | 'update' | 'find' | 'listSteps' | 'list'>;

/** One attempt's right to work on a run. */
export interface Claim {
  readonly runId: string;
  /** A random text: no other attempt has it. */
  readonly token: string;
  /** Aborts the attempt. To be called when another process has cancelled the run. */
  readonly cancel: (reason: string) => void;
}

export type InsertOptions =
  | { readonly type: 'claimed'; readonly claim: Claim }
  /** With what is copied from the run that this is a fork of. */
  | {
      readonly type: 'queued';
      readonly steps?: readonly StoredStep[];
      readonly waits?: ReadonlyMap<string, Wait>;
    };

/** What an attempt begins with. */
export interface ClaimedRun {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Why, if somebody has cancelled the run. */
  readonly cancelReason: string | undefined;
  /** The values of all steps, by their names. */
  readonly steps: ReadonlyMap<string, unknown>;
  /** The names that earlier attempts have put an intent for. */
  readonly intents: ReadonlySet<string>;
}

export interface RunUpdate<T> {
  /** The attempt that makes the update. Such an update may be made twice: a store may repeat it after a broken connection. */
  readonly claim?: Claim;
  /** Which waits `decide` gets: all, or the one of that name. @defaultValue none */
  readonly waits?: 'all' | { readonly name: string };
  readonly decide: (run: RunState, waits: ReadonlyMap<string, Wait>) => Decision<T>;
}

export interface Decision<T> {
  readonly result: T;
  readonly change?: RunChange;
}

export interface RunChange {
  /** By their names; each replaces the wait of that name. */
  readonly waits?: ReadonlyMap<string, Wait>;
  /** Why the run is cancelled. */
  readonly cancelReason?: string;
  /** Nobody works on the run, and it can go on: a store whose workers take runs by themselves hands it to one, in the same transaction. */
  readonly isResumable?: boolean;
}

/** What changes of a run. The status is `interrupted` if an attempt has begun, and nobody works on the run. */
export type RunState = Pick<RunSummary, 'runId' | 'status'> & { readonly cancelReason: string | undefined };

export interface StoredRun extends RunSummary {
  readonly record: RunRecord;
}

export interface StoredStep {
  /** Counts up in the order in which the steps of a run were put, from 1 on, with gaps. */
  readonly position: number;
  readonly name: string;
  readonly value: unknown;
}
