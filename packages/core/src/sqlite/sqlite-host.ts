import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../base/clock.ts';
import type { Message, UserMessage } from '../chat/message.ts';
import { checkAnswer, checkMessage, existing, isOpen, notWaiting, unknown } from '../durable/answering.ts';
import type { Durable } from '../durable/durable.ts';
import { enqueuedRecord } from '../durable/enqueued.ts';
import { followFacts, hasEnded as statusHasEnded } from '../durable/follow.ts';
import { forkOf } from '../durable/fork.ts';
import type {
  EnqueueOptions,
  Followed,
  FollowOptions,
  ForkOptions,
  OpenedRun,
  OpenOptions,
  RememberedFact,
  RunFilter,
  RunProgress,
  RunRecord,
  RunSummary,
} from '../durable/host.ts';
import { readCancelOptions, readCloseOptions, readDeleteOptions, readReadOptions } from '../durable/host-options.ts';
import { type AnyResumable, agentNameOf, resumeWith } from '../durable/resumable.ts';
import { pathOf } from '../durable/step-order.ts';
import type { Answer } from '../event/answer.ts';
import type { Fact } from '../event/fact.ts';
import type { Listeners } from '../event/observers.ts';
import type { Outcome } from '../event/outcome.ts';
import { databaseError, openDatabase } from './database.ts';
import { Holding } from './holding.ts';
import type { SqliteDurableHost, SqliteOptions } from './host-types.ts';
import { currentPlace, isFree, type Lease } from './lease.ts';
import { type RunRow, RunTable } from './run-table.ts';
import { SqliteRun } from './sqlite-run.ts';
import { StepTable } from './step-table.ts';
import { Writer } from './writer.ts';

export class SqliteHost implements SqliteDurableHost {
  readonly listeners: Listeners | undefined;
  readonly #path: string;
  readonly #options: Required<SqliteOptions>;
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #writer: Writer;
  readonly #runTable: RunTable;
  readonly #stepTable: StepTable;
  readonly #holding: Holding;
  readonly #place = currentPlace();
  #closed: Promise<void> | undefined;

  constructor(path: string, options: Required<SqliteOptions>) {
    const { clock, leaseMs, lockedMs, listeners } = options;
    this.listeners = listeners;
    this.#path = path;
    this.#options = options;
    this.#clock = clock;
    this.#database = openDatabase(path, options);
    this.#writer = new Writer(this.#database, { path, clock, lockedMs });
    this.#runTable = new RunTable(this.#database);
    this.#stepTable = new StepTable(this.#database);
    this.#holding = new Holding({ clock, leaseMs, writer: this.#writer, runTable: this.#runTable });
  }

  async start(record: RunRecord): Promise<Durable> {
    this.#holding.checkOpen();
    const lease = this.#newLease();
    await this.#insert(record, () => this.#runTable.insert(record, lease));
    return this.#durable(record.runId, { token: lease.token, attempts: 1, isNew: true });
  }

  async open(runId: string, options: OpenOptions = {}): Promise<OpenedRun> {
    this.#holding.checkOpen();
    const lease = this.#newLease();
    const { row, isTaken, refused } = await this.#writer.write(() => this.#take(runId, { ...options, lease }));
    if (refused !== undefined) throw refused.error;
    const { record, attempts, outcome, cancelled } = row;
    if (hasEnded(row) && outcome !== undefined) return { type: 'ended', record, outcome };
    if (!isTaken) return { type: 'elsewhere', record };
    const durable = this.#durable(runId, { token: lease.token, attempts: attempts + 1, isNew: false });
    if (cancelled !== undefined) this.#holding.cancel(runId, cancelled);
    return { type: 'held', record, durable };
  }

  async release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void> {
    const token = this.#holding.release(runId);
    if (token === undefined) return;
    const now = this.#clock.now();
    await this.#writer.write(() => this.#runTable.release(token, { outcome, now }));
  }

  async answer(runId: string, pendingId: string, answer: Answer): Promise<void> {
    await this.#writer.write(() => {
      const row = this.#find(runId);
      const place = { runId, name: pendingId };
      const wait = this.#stepTable.wait(place);
      const ended = hasEnded(row) ? row.status : undefined;
      checkAnswer(answer, { runId, pendingId, wait, ended, now: this.#clock.now() });
      if (wait !== undefined) this.#stepTable.keepWait(place, { ...wait, word: answer });
    });
  }

  async send(runId: string, message: UserMessage): Promise<void> {
    checkMessage(message, runId);
    await this.#writer.write(() => {
      const row = this.#find(runId);
      const open = hasEnded(row) ? [] : [...this.#stepTable.waits(runId)].filter(([, wait]) => isOpen(wait));
      if (open.length === 0) throw notWaiting(runId);
      for (const [name, wait] of open) {
        this.#stepTable.keepWait({ runId, name }, { ...wait, word: { type: 'interrupt', message } });
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
      this.#find(runId);
      this.#runTable.cancel(runId, reason);
    });
    this.#holding.cancel(runId, reason);
  }

  async read(runId: string, options: { readonly after?: number } = {}): Promise<RunProgress> {
    const { after } = readReadOptions(options);
    return this.#read(() => {
      // The row first: a run that has ended by then has no facts that come later.
      const row = this.#find(runId);
      const facts = this.#stepTable.since(runId, after).map(({ position, name, value }): RememberedFact => {
        return { position, path: pathOf(name), fact: JSON.parse(value) };
      });
      const { record, outcome } = row;
      return { record, status: this.#statusOf(row), facts, ...(outcome === undefined ? {} : { outcome }) };
    });
  }

  events<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<Followed<Options>> {
    return followFacts(this, runId, { clock: this.#clock, options });
  }

  async fork(runId: string, options: ForkOptions): Promise<string> {
    const { record } = this.#read(() => this.#find(runId));
    const known = this.#read(() => this.#stepTable.since(runId, 0));
    const facts = new Map(known.map(({ name, value }): [string, Fact] => [name, JSON.parse(value)]));
    const fork = forkOf({ record, facts }, { options, now: this.#clock.now() });
    await this.#insert(fork.record, () => {
      this.#runTable.insert(fork.record);
      this.#stepTable.copy(runId, { to: fork.record.runId, copies: fork.copies });
    });
    return fork.record.runId;
  }

  async runs({ status, agent, limit = 1_000 }: RunFilter = {}): Promise<readonly RunSummary[]> {
    // An interrupted run is one that is still written down as running: who has it is asked of its lease.
    const written = status === 'interrupted' ? 'running' : status;
    const filter = { ...(written && { status: written }), ...(agent !== undefined && { agent }), limit };
    const summaries = this.#read(() => this.#runTable.list(filter)).map((row) => this.#summary(row));
    return status === undefined ? summaries : summaries.filter((summary) => summary.status === status);
  }

  async resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]> {
    const left = agents.map((each) => this.#left(agentNameOf(each)));
    return agents.flatMap((each, index) =>
      (left[index] ?? []).map(({ record }) => resumeWith(each, { record, host: this })),
    );
  }

  async delete(options: { readonly olderThanMs: number }): Promise<number> {
    const { olderThanMs } = readDeleteOptions(options);
    const before = this.#clock.now() - olderThanMs;
    return this.#writer.write(() => this.#runTable.deleteEnded(before));
  }

  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = readCloseOptions(options);
    this.#closed ??= this.#holding.close(graceMs).finally(() => this.#database.close());
    return this.#closed;
  }

  #newLease(): Lease {
    const until = this.#clock.now() + this.#options.leaseMs;
    return { token: crypto.randomUUID(), place: this.#place, pid: process.pid, until };
  }

  async #insert({ runId }: RunRecord, insert: () => void): Promise<void> {
    await this.#writer.write(() => {
      if (this.#runTable.find(runId) !== undefined) throw existing(runId);
      insert();
    });
  }

  /** Inside a transaction: nobody else can take it between the look and the write. */
  #take(runId: string, { lease, accept }: Taking): Taken {
    const row = this.#find(runId);
    try {
      accept?.(row.record);
    } catch (error) {
      return { row, isTaken: false, refused: { error } }; // Not the file's: it goes to the caller as it is.
    }
    const now = this.#clock.now();
    const isTaken = !hasEnded(row) && isFree(row.lease, { place: this.#place, now });
    if (isTaken) this.#runTable.lease(runId, { lease, now });
    return { row, isTaken };
  }

  #durable(runId: string, { token, attempts, isNew }: Held): SqliteRun {
    return new SqliteRun({
      runId,
      name: `${runId}#${attempts}`,
      token,
      signal: this.#holding.hold(runId, token),
      steps: isNew ? new Map() : this.#read(() => this.#stepTable.load(runId)),
      intents: isNew ? new Map() : this.#read(() => this.#stepTable.intents(runId)),
      checkOpen: () => this.#holding.checkOpen(),
      writer: this.#writer,
      runTable: this.#runTable,
      stepTable: this.#stepTable,
      clock: this.#clock,
    });
  }

  #summary(row: RunRow): RunSummary {
    const { record, updatedAt, attempts, outcome } = row;
    const { runId, agent, metadata, at: startedAt } = record;
    const known = { runId, agent, status: this.#statusOf(row), metadata, startedAt, updatedAt, attempts };
    return { ...known, ...(outcome === undefined ? {} : { outcome }) };
  }

  #statusOf({ status, lease }: RunRow): RunSummary['status'] {
    const isLeft = status === 'running' && isFree(lease, { place: this.#place, now: this.#clock.now() });
    return isLeft ? 'interrupted' : status;
  }

  /** The runs of an agent that nobody works on, and that have something to do. */
  #left(agent: string): readonly RunRow[] {
    const statuses = ['queued', 'running', 'suspended'] as const;
    const rows = statuses.flatMap((status) => this.#read(() => this.#runTable.list({ status, agent, limit: ALL })));
    return rows.filter((row) => this.#canGoOn(row));
  }

  #canGoOn({ record, status, lease, cancelled }: RunRow): boolean {
    const now = this.#clock.now();
    if (!isFree(lease, { place: this.#place, now })) return false;
    if (status !== 'suspended' || cancelled !== undefined) return true;
    const waits = [...this.#read(() => this.#stepTable.waits(record.runId)).values()];
    return waits.some(({ word, taken, expiresAt }) => !taken && (word !== undefined || expiresAt <= now));
  }

  #find(runId: string): RunRow {
    const row = this.#runTable.find(runId);
    if (row === undefined) throw unknown(runId);
    return row;
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw databaseError(error, this.#path);
    }
  }
}

/** A million runs at once: as many as a machine could begin. */
const ALL = 1_000_000;

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
  readonly row: RunRow;
  readonly isTaken: boolean;
  readonly refused?: { readonly error: unknown };
}

interface Taking extends OpenOptions {
  readonly lease: Lease;
}
