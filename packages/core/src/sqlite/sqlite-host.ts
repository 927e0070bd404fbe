import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../base/clock.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/answer.ts';
import type { Fact } from '../event/fact.ts';
import type { Listeners } from '../event/observers.ts';
import type { Outcome } from '../event/outcome.ts';
import { checkAnswer, checkMessage, existing, isOpen, notWaiting } from '../host/answering.ts';
import type { Durable } from '../host/durable.ts';
import { enqueuedRecord } from '../host/enqueued.ts';
import { followFacts, hasEnded as statusHasEnded } from '../host/follow.ts';
import { forkOf } from '../host/fork.ts';
import type {
  EnqueueOptions,
  Followed,
  FollowOptions,
  ForkOptions,
  OpenedRun,
  OpenOptions,
  RunFilter,
  RunProgress,
  RunRecord,
  RunSummary,
} from '../host/host.ts';
import { readCancelOptions, readCloseOptions, readDeleteOptions, readReadOptions } from '../host/host-options.ts';
import { type AnyResumable, agentNameOf, resumeWith } from '../host/resumable.ts';
import { endOfRetention, roundClock } from '../host/whole-time.ts';
import { databaseError, openDatabase } from './database.ts';
import { FileGuard } from './database-path.ts';
import { Deletion } from './deletion.ts';
import { Holding } from './holding.ts';
import type { SqliteDurableHost, SqliteOptions } from './host-types.ts';
import { Leases } from './lease.ts';
import { monotonicMs } from './machine.ts';
import { nextTurn, RunReader } from './run-reader.ts';
import { type RunRow, RunTable } from './run-table.ts';
import { SqliteRun } from './sqlite-run.ts';
import { StepTable } from './step-table.ts';
import { Writer } from './writer.ts';

export class SqliteHost implements SqliteDurableHost {
  readonly listeners: Listeners | undefined;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #writer: Writer;
  readonly #runTable: RunTable;
  readonly #stepTable: StepTable;
  readonly #reader: RunReader;
  readonly #holding: Holding;
  readonly #leases: Leases;
  readonly #deletion: Deletion;
  readonly #file: FileGuard;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(path: string, options: Required<SqliteOptions>) {
    const { leaseMs, lockedMs, listeners } = options;
    const clock = roundClock(options.clock);
    this.listeners = listeners;
    this.#path = path;
    this.#clock = clock;
    this.#leases = new Leases({ clock, leaseMs });
    this.#database = openDatabase(path, options);
    this.#file = new FileGuard(path);
    const monotonic = (): number => this.#leases.now();
    const checkFile = (): void => this.#file.check(monotonicMs());
    this.#writer = new Writer(this.#database, { path, clock, monotonic, lockedMs, checkFile });
    this.#runTable = new RunTable(this.#database);
    this.#stepTable = new StepTable(this.#database);
    this.#deletion = new Deletion(this.#database);
    const [writer, runTable, leases] = [this.#writer, this.#runTable, this.#leases];
    this.#holding = new Holding({ clock, leases, leaseMs, writer, runTable });
    const guard = <T>(read: () => T): T => this.#read(read);
    this.#reader = new RunReader({ runTable, stepTable: this.#stepTable, isFree: (row) => this.#isFree(row), guard });
  }

  async start(record: RunRecord): Promise<Durable> {
    this.#holding.checkOpen();
    const { runId } = record;
    const { number, token } = await this.#insert(record, () => {
      const lease = this.#leases.newLease(); // Only now: the file may have been locked for longer than a lease holds.
      return { number: this.#runTable.insert(record, lease), token: lease.token };
    });
    return this.#durable({ runId, number }, { token, attempts: 1, isNew: true });
  }

  async open(runId: string, options: OpenOptions = {}): Promise<OpenedRun> {
    this.#holding.checkOpen();
    const { row, record, outcome, token, refused } = await this.#writer.write(() => this.#take(runId, options));
    if (refused !== undefined) throw refused.error;
    const { attempts, cancelled } = row;
    if (hasEnded(row) && outcome !== undefined) return { type: 'ended', record, outcome };
    if (token === undefined) return { type: 'elsewhere', record };
    const durable = this.#durable(row, { token, attempts: attempts + 1, isNew: false });
    if (cancelled !== undefined) this.#holding.cancel(runId, cancelled);
    return { type: 'held', record, durable };
  }

  async release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void> {
    const token = this.#holding.release(runId);
    if (token === undefined) return;
    const now = this.#clock.now();
    await this.#writer.write(() => {
      this.#file.checkNow(); // Nobody may be told that a run has ended which is on no disk.
      this.#runTable.release(runId, { token, outcome, now });
    });
  }

  async answer(runId: string, pendingId: string, answer: Answer): Promise<void> {
    await this.#writer.write(() => {
      const row = this.#runTable.get(runId);
      const place = { run: row.number, name: pendingId };
      const wait = this.#stepTable.wait(place);
      const ended = hasEnded(row) ? row.status : undefined;
      checkAnswer(answer, { runId, pendingId, wait, ended, now: this.#clock.now() });
      if (wait !== undefined) this.#stepTable.keepWait(place, { ...wait, word: answer });
    });
  }

  async send(runId: string, message: UserMessage): Promise<void> {
    checkMessage(message, runId);
    await this.#writer.write(() => {
      const row = this.#runTable.get(runId);
      const open = hasEnded(row) ? [] : [...this.#stepTable.waits(row.number)].filter(([, wait]) => isOpen(wait));
      if (open.length === 0) throw notWaiting(runId);
      for (const [name, wait] of open) {
        this.#stepTable.keepWait({ run: row.number, name }, { ...wait, word: { type: 'interrupt', message } });
      }
    });
  }

  async enqueue(agent: string, input: string | readonly Message[], options: EnqueueOptions = {}): Promise<string> {
    const record = enqueuedRecord(agent, { input, options, now: this.#clock.now() });
    await this.#insert(record, () => this.#runTable.insert(record));
    return record.runId;
  }

  async cancel(runId: string, options: { readonly reason?: string } = {}): Promise<void> {
    const { reason } = readCancelOptions(options);
    await this.#writer.write(() => {
      this.#runTable.get(runId);
      this.#runTable.cancel(runId, reason);
    });
    this.#holding.cancel(runId, reason);
  }

  async read(runId: string, options: { readonly after?: number } = {}): Promise<RunProgress> {
    const { after } = readReadOptions(options);
    return this.#reader.read(runId, after);
  }

  events<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<Followed<Options>> {
    return followFacts(this, runId, { clock: this.#clock, options });
  }

  async fork(runId: string, options: ForkOptions): Promise<string> {
    const { row, record, known } = this.#read(() => {
      const found = this.#runTable.get(runId);
      return { row: found, record: this.#runTable.record(found), known: this.#stepTable.since(found.number, 0) };
    });
    const facts = new Map(known.map(({ name, value }): [string, Fact] => [name, JSON.parse(value)]));
    const fork = forkOf({ record, facts }, { options, now: this.#clock.now() });
    await this.#insert(fork.record, () => {
      const to = this.#runTable.insert(fork.record);
      this.#stepTable.copy(row.number, { to, copies: fork.copies });
    });
    return fork.record.runId;
  }

  async runs(filter?: RunFilter): Promise<readonly RunSummary[]> {
    return this.#reader.list(filter);
  }

  async resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]> {
    // A process that stood still renews its leases first: another host in it must not take them for those of a dead one.
    for (let turns = 0; turns < 3; turns++) await nextTurn();
    const left = agents.map((each) => this.#reader.left(agentNameOf(each), this.#clock.now()));
    return agents.flatMap((each, index) =>
      (left[index] ?? []).map((record) => resumeWith(each, { record, host: this })),
    );
  }

  async delete(options: { readonly olderThanMs: number }): Promise<number> {
    const { olderThanMs } = readDeleteOptions(options);
    const before = endOfRetention(this.#clock.now(), olderThanMs);
    const now = monotonicMs;
    let count = 0;
    for (let isDone = false; !isDone; ) {
      const part = await this.#writer.write(() => this.#deletion.deletePart({ before, now }));
      count += part.count;
      isDone = part.isDone || !(await this.#pause());
    }
    return count;
  }

  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = readCloseOptions(options);
    this.#closing.abort();
    this.#closed ??= this.#holding.close(graceMs).finally(() => this.#database.close());
    return this.#closed;
  }

  /** For other processes that wait for the file. Gives whether there is time for more: not when the host closes. */
  async #pause(): Promise<boolean> {
    const { signal } = this.#closing;
    await this.#clock.sleep(PAUSE_MS, signal).catch(() => undefined); // Aborted: it closes.
    return !signal.aborted;
  }

  #insert<T>({ runId }: RunRecord, insert: () => T): Promise<T> {
    return this.#writer.write(() => {
      if (this.#runTable.find(runId) !== undefined) throw existing(runId);
      return insert();
    });
  }

  /** Inside a transaction: nobody else can take it between the look and the write. */
  #take(runId: string, { accept }: OpenOptions): Taken {
    const row = this.#runTable.get(runId);
    const record = this.#runTable.record(row);
    const outcome = this.#runTable.outcome(row);
    try {
      accept?.(record);
    } catch (error) {
      return { row, record, outcome, refused: { error } }; // Not the file's: it goes to the caller as it is.
    }
    if (hasEnded(row) || !this.#isFree(row)) return { row, record, outcome };
    const lease = this.#leases.newLease();
    this.#runTable.lease(row, { lease, now: this.#clock.now() });
    return { row, record, outcome, token: lease.token };
  }

  #durable({ runId, number: run }: Pick<RunRow, 'runId' | 'number'>, { token, attempts, isNew }: Held): SqliteRun {
    return new SqliteRun({
      runId,
      run,
      name: `${runId}#${attempts}`,
      token,
      signal: this.#holding.hold(runId, token),
      steps: isNew ? new Map() : this.#read(() => this.#stepTable.load(run)),
      intents: isNew ? new Map() : this.#read(() => this.#stepTable.intents(run)),
      checkOpen: () => this.#holding.checkOpen(),
      writer: this.#writer,
      runTable: this.#runTable,
      stepTable: this.#stepTable,
      clock: this.#clock,
    });
  }

  /** Whether the run can be taken. One that is at work here never is, however late this process is with its leases. */
  #isFree({ runId, lease }: RunRow): boolean {
    return !this.#holding.has(runId) && this.#leases.isFree(lease);
  }

  #read<T>(read: () => T): T {
    try {
      this.#file.check(monotonicMs());
      return read();
    } catch (error) {
      throw databaseError(error, this.#path);
    }
  }
}

/** Whoever waits for a locked file looks every five milliseconds whether it is free. */
const PAUSE_MS = 10;

function hasEnded({ status }: RunRow): boolean {
  return statusHasEnded(status);
}

interface Held {
  readonly token: string;
  readonly attempts: number;
  /** Nothing is remembered of it: it was not forked either. */
  readonly isNew: boolean;
}

interface Taken {
  /** As it was before. */
  readonly row: RunRow;
  readonly record: RunRecord;
  readonly outcome: Outcome<unknown> | undefined;
  /** Absent where the run was not to be had. */
  readonly token?: string;
  readonly refused?: { readonly error: unknown };
}
