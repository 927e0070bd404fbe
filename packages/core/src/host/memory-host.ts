import type { Clock } from '../base/clock.ts';
import type { Outcome } from '../event/outcome.ts';
import {
  createNotEndedError,
  createRunExistsError,
  createRunLostError,
  createUnknownRunError,
  type Wait,
} from './check-answer.ts';
import { filterRuns } from './filter-runs.ts';
import { hasEnded } from './follow-events.ts';
import type { Host, RunRecord, RunStatus, RunSummary } from './host.ts';
import { roundTime } from './round-clock.ts';
import type { CheckedFilter } from './run-filter.ts';
import type {
  Claim,
  ClaimedRun,
  RunDeletion,
  RunInsertion,
  RunStore,
  RunUpdate,
  StoredRun,
  StoredStep,
} from './run-store.ts';
import { checkStoreHostOptions, StoreHost, type StoreHostOptions } from './store-host.ts';

/**
 * Creates a host in memory. The runs exist as long as the object. The default host.
 *
 * A run ends with its process. To answer or resume a run by its id, use the host that you passed to `agent.run`.
 */
export function memoryHost(options: MemoryHostOptions = {}): Host {
  return new StoreHost(new MemoryStore(), checkStoreHostOptions(options, 'memoryHost'));
}

export type MemoryHostOptions = StoreHostOptions;

/** Creates the host of a run that was started without one. No caller has the host, so the run cannot be cancelled by it. */
export function createSingleRunHost(clock: Clock): Host {
  return new SingleRunHost(new MemoryStore(), { clock });
}

class SingleRunHost extends StoreHost {
  protected override readonly isCancellable = false;
}

/** A run with everything that is stored for it. */
interface MemoryRun {
  record: RunRecord;
  readonly position: number;
  /** In the order in which the steps were stored. */
  readonly steps: Map<string, unknown>;
  intents: Set<string> | undefined;
  waits: ReadonlyMap<string, Wait> | undefined;
  /** The token of the attempt that holds the run. */
  token: string | undefined;
  status: RunStatus | 'interrupted';
  attempts: number;
  updatedAt: number;
  cancelReason: string | undefined;
  outcome: Outcome<unknown> | undefined;
}

/** Stores values without a copy while an attempt holds the run, and copies them when the run is suspended. */
class MemoryStore implements RunStore {
  readonly #runs = new Map<string, MemoryRun>();
  #lastPosition = 0;

  async insert(record: RunRecord, as: RunInsertion): Promise<void> {
    if (this.#runs.has(record.runId)) throw createRunExistsError(record.runId);
    const isQueued = as.type === 'queued';
    this.#runs.set(record.runId, {
      record: isQueued ? copyValue(record) : record,
      position: ++this.#lastPosition,
      steps: new Map((isQueued ? as.steps : undefined)?.map(({ name, value }) => [name, copyValue(value)])),
      intents: undefined,
      waits: isQueued ? copyValue(as.waits) : undefined,
      token: isQueued ? undefined : as.claim.token,
      status: isQueued ? 'queued' : 'running',
      attempts: isQueued ? 0 : 1,
      updatedAt: roundTime(record.at),
      cancelReason: undefined,
      outcome: undefined,
    });
  }

  async claim({ runId, token }: Claim, now: number): Promise<ClaimedRun | undefined> {
    const kept = this.#find(runId);
    if (kept.status === 'running' || hasEnded(kept.status)) return undefined;
    kept.token = token;
    kept.status = 'running';
    kept.outcome = undefined;
    kept.attempts++;
    kept.updatedAt = now;
    const { attempts: attempt, cancelReason: cancelled, intents } = kept;
    return { attempt, cancelReason: cancelled, steps: await this.listSteps(runId, 0), intents: new Set(intents) };
  }

  async release(claim: Claim, { outcome, now }: Parameters<RunStore['release']>[1]): Promise<void> {
    const kept = this.#find(claim.runId);
    if (kept.token !== claim.token) return;
    kept.token = undefined;
    kept.status = outcome?.status ?? 'interrupted';
    kept.updatedAt = now;
    kept.outcome = outcome;
    if (outcome?.status === 'suspended') detachRun(kept);
  }

  async putIntent(claim: Claim, name: string): Promise<void> {
    const kept = this.#findClaimed(claim);
    kept.intents ??= new Set();
    kept.intents.add(name);
  }

  async putStep(claim: Claim, { name, value }: Pick<StoredStep, 'name' | 'value'>): Promise<number> {
    return this.#findClaimed(claim).steps.set(name, value).size;
  }

  async update<T>(runId: string, { claim, decide }: RunUpdate<T>): Promise<T> {
    const kept = claim === undefined ? this.#find(runId) : this.#findClaimed(claim);
    const { status, cancelReason } = kept;
    const { result, change = {} } = decide({ runId, status, cancelReason }, kept.waits ?? new Map());
    kept.cancelReason = change.cancelReason ?? cancelReason;
    if (change.waits !== undefined) kept.waits = new Map([...(kept.waits ?? []), ...copyValue(change.waits)]);
    return result;
  }

  async find(runId: string): Promise<StoredRun> {
    return toStoredRun(this.#find(runId));
  }

  async listSteps(runId: string, after: number): Promise<readonly StoredStep[]> {
    const first = Math.max(0, after);
    const steps = [...(this.#runs.get(runId)?.steps ?? [])].slice(first);
    return steps.map(([name, value], index) => ({ position: first + index + 1, name, value }));
  }

  async list(filter: CheckedFilter): Promise<readonly RunSummary[]> {
    return filterRuns([...this.#runs.values()].map(toStoredRun), filter);
  }

  async deleteRuns(deletion: RunDeletion): Promise<number> {
    const runs = this.#select(deletion);
    const open = runs.filter(({ status }) => !hasEnded(status));
    if (deletion.type === 'ids' && open.length > 0) throw createNotEndedError(open.map(({ record }) => record.runId));
    const ended = runs.filter(({ status }) => hasEnded(status));
    for (const { record } of ended) this.#runs.delete(record.runId);
    return ended.length;
  }

  #select(deletion: RunDeletion): readonly MemoryRun[] {
    if (deletion.type === 'ids') return deletion.runIds.flatMap((runId) => this.#runs.get(runId) ?? []);
    return [...this.#runs.values()].filter(({ updatedAt }) => updatedAt < deletion.time);
  }

  #find(runId: string): MemoryRun {
    const kept = this.#runs.get(runId);
    if (kept === undefined) throw createUnknownRunError(runId);
    return kept;
  }

  #findClaimed({ runId, token }: Claim): MemoryRun {
    const kept = this.#find(runId);
    if (kept.token !== token) throw createRunLostError(runId);
    return kept;
  }
}

/** Copies all values of a suspended run. A caller may change the outcome or the events it holds; what a person approves must not change. */
function detachRun(kept: MemoryRun): void {
  kept.record = copyValue(kept.record);
  for (const [name, value] of kept.steps) kept.steps.set(name, copyValue(value));
}

/** Copies a value. A value that cannot be copied, for example a function that middleware put into a result, is kept as it is. */
function copyValue<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

function toStoredRun({ record, position, status, attempts, updatedAt, outcome }: MemoryRun): StoredRun {
  const { runId, agent, metadata, owner, at: startedAt } = record;
  const known = { runId, agent, status, metadata, position, startedAt: roundTime(startedAt), updatedAt, attempts };
  return { ...known, record, ...(owner !== undefined && { owner }), ...(outcome !== undefined && { outcome }) };
}
