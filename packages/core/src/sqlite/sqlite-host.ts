import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../base/clock.ts';
import { DurableError } from '../base/errors.ts';
import type { UserMessage } from '../chat/message.ts';
import { checkAnswer, checkMessage, existing, isOpen, notWaiting, unknown } from '../durable/answering.ts';
import type { Durable, OpenedRun, RunRecord } from '../durable/durable.ts';
import type { Answer } from '../event/fact.ts';
import type { Outcome } from '../event/outcome.ts';
import { databaseError, openDatabase } from './database.ts';
import { Holding } from './holding.ts';
import type { Resumable, ResumableWithContext, RunSummary, SqliteDurableHost, SqliteOptions } from './host-types.ts';
import { currentPlace, isFree, type Lease } from './lease.ts';
import { type RunRow, RunTable } from './run-table.ts';
import { SqliteRun } from './sqlite-run.ts';
import { StepTable } from './step-table.ts';
import { Writer } from './writer.ts';

export class SqliteHost implements SqliteDurableHost {
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
    const { clock, leaseMs, lockedMs } = options;
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
    await this.#writer.write(() => {
      if (this.#runTable.find(record.runId) !== undefined) throw existing(record.runId);
      this.#runTable.insert(record, lease);
    });
    this.#holding.hold(record.runId, lease.token);
    return this.#durable(record.runId, { token: lease.token, attempts: 1 });
  }

  async open(runId: string): Promise<OpenedRun> {
    this.#holding.checkOpen();
    const lease = this.#newLease();
    const row = await this.#writer.write(() => this.#take(runId, lease));
    const { record, attempts, outcome } = row;
    const attempt = { token: lease.token, attempts: attempts + 1 };
    if (hasEnded(row) && outcome !== undefined) return { record, durable: this.#durable(runId, attempt), outcome };
    this.#holding.hold(runId, lease.token);
    return { record, durable: this.#durable(runId, attempt) };
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

  async runs({
    status,
    agent,
    limit = 1_000,
  }: Parameters<SqliteDurableHost['runs']>[0] = {}): Promise<readonly RunSummary[]> {
    // An interrupted run is one that is still written down as running: who has it is asked of its lease.
    const written = status === 'interrupted' ? 'running' : status;
    const filter = { ...(written && { status: written }), ...(agent !== undefined && { agent }), limit };
    const summaries = this.#read(() => this.#runTable.list(filter)).map((row) => this.#summary(row));
    return status === undefined ? summaries : summaries.filter((summary) => summary.status === status);
  }

  async resumeAll<Resumed>(
    agents: readonly (Resumable<Resumed> | ResumableWithContext<Resumed>)[],
  ): Promise<readonly Resumed[]> {
    const left = agents.map((each) => this.#left('agent' in each ? each.agent.name : each.name));
    return agents.flatMap((each, index) =>
      (left[index] ?? []).map(({ record }) => {
        const { runId } = record;
        if (!('agent' in each)) return each.resume(runId, { durable: this });
        return each.agent.resume(runId, { durable: this, context: each.context(record) });
      }),
    );
  }

  delete({ olderThanMs }: { readonly olderThanMs: number }): Promise<number> {
    const before = this.#clock.now() - olderThanMs;
    return this.#writer.write(() => this.#runTable.deleteEnded(before));
  }

  close({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#holding.close(graceMs).finally(() => this.#database.close());
    return this.#closed;
  }

  #newLease(): Lease {
    const until = this.#clock.now() + this.#options.leaseMs;
    return { token: crypto.randomUUID(), place: this.#place, pid: process.pid, until };
  }

  /** Inside a transaction: nobody else can take it between the look and the write. */
  #take(runId: string, lease: Lease): RunRow {
    const row = this.#find(runId);
    if (hasEnded(row)) return row;
    const now = this.#clock.now();
    if (!isFree(row.lease, { place: this.#place, now })) {
      const where = row.lease?.pid === process.pid ? 'this process' : `process ${row.lease?.pid}`;
      throw new DurableError(`Run "${runId}" is at work in ${where}. Await it, or abort it first.`, {
        code: 'run.live',
      });
    }
    this.#runTable.lease(runId, { lease, now });
    return row;
  }

  #durable(runId: string, { token, attempts }: { readonly token: string; readonly attempts: number }): SqliteRun {
    return new SqliteRun({
      runId,
      name: `${runId}#${attempts}`,
      token,
      steps: attempts === 1 ? new Map() : this.#read(() => this.#stepTable.load(runId)),
      intents: attempts === 1 ? new Map() : this.#read(() => this.#stepTable.intents(runId)),
      checkOpen: () => this.#holding.checkOpen(),
      writer: this.#writer,
      runTable: this.#runTable,
      stepTable: this.#stepTable,
      clock: this.#clock,
    });
  }

  #summary(row: RunRow): RunSummary {
    const { record, status, updatedAt, attempts, outcome } = row;
    const { runId, agent, metadata, at } = record;
    const isLeft = status === 'running' && isFree(row.lease, { place: this.#place, now: this.#clock.now() });
    return {
      runId,
      agent,
      status: isLeft ? 'interrupted' : status,
      metadata,
      startedAt: at,
      updatedAt,
      attempts,
      ...(outcome === undefined ? {} : { outcome }),
    };
  }

  /** The runs of an agent that nobody works on, and that have something to do. */
  #left(agent: string): readonly RunRow[] {
    const statuses = ['running', 'suspended'] as const;
    const rows = statuses.flatMap((status) => this.#read(() => this.#runTable.list({ status, agent, limit: ALL })));
    return rows.filter((row) => this.#canGoOn(row));
  }

  #canGoOn({ record, status, lease }: RunRow): boolean {
    const now = this.#clock.now();
    if (!isFree(lease, { place: this.#place, now })) return false;
    if (status === 'running') return true;
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
  return status !== 'running' && status !== 'suspended';
}
