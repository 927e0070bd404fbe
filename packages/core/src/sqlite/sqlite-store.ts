import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../base/clock.ts';
import { createNotEndedError, createRunExistsError, createRunLostError, type Wait } from '../host/check-answer.ts';
import { hasEnded } from '../host/follow-events.ts';
import type { RunCounts, RunRecord, RunSummary } from '../host/host.ts';
import { type CheckedFilter, NO_RUNS } from '../host/run-filter.ts';
import type {
  Claim,
  ClaimedRun,
  RunDeletion,
  RunInsertion,
  RunStore,
  RunUpdate,
  StoredRun,
  StoredStep,
} from '../host/run-store.ts';
import { serializeStep } from '../host/serialize-step.ts';
import { openDatabase, toDatabaseError } from './database.ts';
import { FileGuard } from './database-path.ts';
import { Deletion } from './deletion.ts';
import { HeldLeases } from './held-leases.ts';
import type { SqliteHostOptions } from './host-types.ts';
import { Leases } from './leases.ts';
import { readMonotonicMs } from './machine.ts';
import { type ListedRow, type RunRow, RunTable } from './run-table.ts';
import { StepTable } from './step-table.ts';
import { ReadOnlyWriter, Writer } from './writer.ts';

export type SqliteStoreOptions = Required<Omit<SqliteHostOptions, 'listeners'>>;

/** Stores runs in a file. */
export class SqliteStore implements RunStore {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #file: FileGuard;
  readonly #writer: Pick<Writer, 'write'>;
  readonly #isReadOnly: boolean;
  readonly #runTable: RunTable;
  readonly #stepTable: StepTable;
  readonly #deletion: Deletion;
  readonly #leases: Leases;
  readonly #heldLeases: HeldLeases;
  readonly #closing = new AbortController();

  constructor(path: string, options: SqliteStoreOptions) {
    const { leaseMs, lockTimeoutMs, clock, readOnly } = options;
    this.#isReadOnly = readOnly;
    this.#path = path;
    this.#clock = clock;
    this.#leases = new Leases({ clock, leaseMs });
    this.#database = openDatabase(path, options);
    this.#file = new FileGuard(path);
    const readTimeMs = (): number => this.#leases.getTimeMs();
    const checkFile = (): void => this.#file.check(readMonotonicMs());
    this.#writer = readOnly
      ? new ReadOnlyWriter(path)
      : new Writer(this.#database, { path, clock, monotonic: readTimeMs, lockTimeoutMs, checkFile });
    this.#runTable = new RunTable(this.#database);
    this.#stepTable = new StepTable(this.#database);
    this.#deletion = new Deletion(this.#database);
    const [leases, writer, runTable] = [this.#leases, this.#writer, this.#runTable];
    this.#heldLeases = new HeldLeases({ clock, leases, leaseMs, writer, runTable });
  }

  async insert(record: RunRecord, as: RunInsertion): Promise<void> {
    const run = await this.#writer.write(() => {
      if (this.#runTable.find(record.runId) !== undefined) throw createRunExistsError(record.runId);
      // Creates the lease only now: the write may have waited for the file for longer than a lease holds.
      if (as.type === 'claimed') return this.#runTable.insert(record, this.#leases.createLease(as.claim.token));
      const number = this.#runTable.insert(record);
      for (const { name, value } of as.steps ?? [])
        this.#stepTable.addStep({ run: number, name }, JSON.stringify(value));
      this.#stepTable.putWaits(number, as.waits ?? NO_WAITS);
      return number;
    });
    if (as.type === 'claimed') this.#heldLeases.add(as.claim, run);
  }

  async claim(claim: Claim, now: number): Promise<ClaimedRun | undefined> {
    const { runId, token } = claim;
    const row = await this.#writer.write(() => {
      const found = this.#runTable.get(runId);
      if (hasEnded(found.status) || !this.#isFree(found)) return undefined;
      this.#runTable.startAttempt(found, { lease: this.#leases.createLease(token), now });
      return found;
    });
    if (row === undefined) return undefined;
    this.#heldLeases.add(claim, row.number);
    return {
      attempt: row.attempts + 1,
      cancelReason: row.cancelReason,
      steps: this.#read(() => this.#stepTable.listSteps(row.number, 0)),
      intents: this.#read(() => this.#stepTable.listIntents(row.number)),
    };
  }

  async release(claim: Claim, { outcome, now }: Parameters<RunStore['release']>[1]): Promise<void> {
    if (!this.#heldLeases.remove(claim)) return;
    await this.#writer.write(() => {
      this.#file.checkNow(); // Without this check, a run could end whose outcome is in a deleted file.
      this.#runTable.release(claim, { outcome, now });
    });
  }

  /** Checks the lease again after the write: the process may have been stopped in between, and another one may have claimed the run. */
  async putIntent(claim: Claim, name: string): Promise<void> {
    const { runId, token } = claim;
    const run = this.#heldLeases.getRunNumber(claim);
    await this.#writer.write(() => {
      if (!this.#stepTable.putIntent({ run, name }, token)) throw createRunLostError(runId);
    });
    if (!this.#read(() => this.#runTable.isHeld(run, token))) throw createRunLostError(runId);
  }

  async putStep(claim: Claim, { name, value }: Pick<StoredStep, 'name' | 'value'>): Promise<number> {
    const { runId, token } = claim;
    const run = this.#heldLeases.getRunNumber(claim);
    const text = serializeStep(value, { runId, name });
    return this.#writer.write(() => {
      const position = this.#stepTable.putStep({ run, name }, { token, value: text });
      if (position === undefined) throw createRunLostError(runId);
      return position;
    });
  }

  update<T>(runId: string, { claim, waits, decide }: RunUpdate<T>): Promise<T> {
    return this.#writer.write(() => {
      const row = this.#runTable.get(runId);
      const { number, cancelReason, lease } = row;
      if (claim !== undefined && lease?.token !== claim.token) throw createRunLostError(runId);
      const found = waits === undefined ? NO_WAITS : this.#stepTable.listWaits(number, waits);
      const { result, change = {} } = decide({ runId, status: this.#readStatus(row), cancelReason }, found);
      if (change.cancelReason !== undefined) this.#runTable.cancel(number, change.cancelReason);
      this.#stepTable.putWaits(number, change.waits ?? NO_WAITS);
      return result;
    });
  }

  async find(runId: string): Promise<StoredRun> {
    return this.#read(() => {
      const row = this.#runTable.get(runId);
      const summary = this.#toSummary({ ...row, outcome: this.#runTable.readOutcome(row) });
      return { ...summary, record: this.#runTable.readRecord(row) };
    });
  }

  async listSteps(runId: string, after: number): Promise<readonly StoredStep[]> {
    return this.#read(() => {
      const row = this.#runTable.find(runId);
      return row === undefined ? [] : this.#stepTable.listSteps(row.number, after);
    });
  }

  /** Reads page by page and yields to the event loop in between: there may be any number of runs. */
  async list({ limit, ...filter }: CheckedFilter): Promise<readonly RunSummary[]> {
    const summaries: RunSummary[] = [];
    let after = filter.after;
    while (summaries.length < limit) {
      const page = this.#read(() => this.#runTable.readPage({ ...filter, ...(after !== undefined && { after }) }));
      const found = page.map((row) => this.#toSummary(row));
      summaries.push(...found.filter(({ status }) => (filter.status ?? status) === status));
      after = page.at(-1)?.number;
      if (after === undefined) break;
      await yieldToEventLoop();
    }
    return summaries.slice(0, limit);
  }

  /** Counts in one statement. The lease of a running run says whether it is interrupted. */
  async count(filter: CheckedFilter): Promise<RunCounts> {
    return this.#read(() => {
      const counts = { ...NO_RUNS, ...Object.fromEntries(this.#runTable.count(filter)) };
      const interrupted = this.#runTable.listRunning(filter).filter((row) => this.#isFree(row)).length;
      return { ...counts, running: counts.running - interrupted, interrupted };
    });
  }

  /** Reads the records of an agent's runs that can continue and that no process works on. */
  async listResumable(agent: string, now: number): Promise<readonly RunRecord[]> {
    return this.#read(() => {
      const rows = this.#runTable.listUnfinished(agent, now).filter((row) => this.#isFree(row));
      return rows.map((row) => this.#runTable.readRecord(row));
    });
  }

  /** Deletes in parts, until none is left or the store closes. */
  async deleteRuns(deletion: RunDeletion): Promise<number> {
    if (deletion.type === 'ids') this.#checkEnded(deletion.runIds);
    const { signal } = this.#closing;
    let count = 0;
    for (let from = 0, isDone = false; !isDone; ) {
      const part = await this.#writer.write(() => this.#deletion.deletePart({ deletion, from, now: readMonotonicMs }));
      count += part.count;
      from = part.next;
      if (!part.isDone) await this.#clock.sleep(PAUSE_MS, signal).catch(() => undefined); // Rejects if the store closes.
      isDone = part.isDone || signal.aborted;
    }
    return count;
  }

  /** A run that has ended stays so: the check needs no transaction with the deletion. @throws HostError `run.not_ended` */
  #checkEnded(runIds: readonly string[]): void {
    const open = this.#read(() =>
      runIds.filter((runId) => !hasEnded(this.#runTable.find(runId)?.status ?? 'completed')),
    );
    if (open.length > 0) throw createNotEndedError(open);
  }

  stopDeleting(): void {
    this.#closing.abort();
  }

  /** Rejects if the store may not write. @throws HostError `host.read_only` */
  async checkWritable(): Promise<void> {
    if (this.#isReadOnly) await this.#writer.write(() => undefined);
  }

  /** Closes the file after the writes that were requested before. */
  async close(): Promise<void> {
    if (!this.#isReadOnly) await this.#writer.write(() => undefined).finally(() => this.#database.close());
    else this.#database.close();
  }

  #toSummary(row: ListedRow): RunSummary {
    const { runId, agent, number: position, metadata, owner, startedAt, updatedAt, attempts, outcome } = row;
    const known = { runId, agent, status: this.#readStatus(row), metadata, position, startedAt, updatedAt, attempts };
    return { ...known, ...(owner !== undefined && { owner }), ...(outcome !== undefined && { outcome }) };
  }

  #readStatus(row: RunRow): RunSummary['status'] {
    return row.status === 'running' && this.#isFree(row) ? 'interrupted' : row.status;
  }

  /** Whether the run can be claimed. A run of this process cannot, even if the renewal of its lease is late. */
  #isFree({ runId, lease }: RunRow): boolean {
    return !this.#heldLeases.has(runId) && this.#leases.isFree(lease);
  }

  #read<T>(read: () => T): T {
    try {
      this.#file.check(readMonotonicMs());
      return read();
    } catch (error) {
      throw toDatabaseError(error, this.#path);
    }
  }
}

const NO_WAITS: ReadonlyMap<string, Wait> = new Map();

/** Lets other processes write: they try a locked file every 5 ms. */
const PAUSE_MS = 10;

/** Resolves after the timers and the input that are due. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
