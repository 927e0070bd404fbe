import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Clock,
  type Durable,
  DurableError,
  type Step,
  type Task,
  type Waited,
  type WaitOptions,
} from '@pawl/core';
import { isOpen, sideBySide, stepText } from '@pawl/core/host';
import type { Database } from './database.ts';
import { Engine, type Within } from './engine.ts';
import { lockRun } from './run-table.ts';
import { firstPosition, type Kept, keptText } from './steps.ts';
import { findWait, keepWait } from './wait-table.ts';

/** One attempt at a run, and what was remembered when it began. */
export interface Attempt {
  readonly runId: string;
  readonly number: number;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly steps: Map<string, Kept>;
  readonly intents: ReadonlySet<string>;
  /** Throws where no step may begin any more. */
  readonly checkOpen: () => void;
  /** Enters the workflow that is this attempt. */
  readonly within: Within;
  readonly database: Database;
  readonly clock: Clock;
}

/** When the work of a task may begin, and to whom that is told. */
interface Turn {
  readonly before: Promise<void>;
  readonly begin: () => void;
}

const AT_ONCE: Turn = { before: Promise.resolve(), begin: () => undefined };

/** A run that is kept in PostgreSQL: each attempt is a workflow of DBOS's, each step one of its steps. */
export class DbosRun implements Durable {
  readonly #attempt: Attempt;
  readonly #path: string;
  readonly #positions: { next: number };

  constructor(attempt: Attempt, path = '', positions: { next: number } = { next: firstPosition(attempt.number) }) {
    this.#attempt = attempt;
    this.#path = path;
    this.#positions = positions;
  }

  get attempt(): string {
    return `${this.#attempt.runId}#${this.#attempt.number}`;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  step<T>(step: Step<T>): Promise<T> {
    return this.#step(step, AT_ONCE);
  }

  async #step<T>(step: Step<T>, turn: Turn): Promise<T> {
    const name = this.#path + step.name;
    const { steps, runId, checkOpen, within } = this.#attempt;
    const kept = steps.get(name);
    if (kept !== undefined) {
      const value = JSON.parse(kept.text) as T; // The same name always has the same type: names are positions.
      step.told(value, { replayed: true });
      return value;
    }
    checkOpen();
    // The work belongs to whoever asked for it: its traces, its clients; not to a step of DBOS's.
    const outside = AsyncLocalStorage.snapshot() as Within;
    let done: { readonly value: T } | undefined;
    const text = await within(() =>
      Engine.step(name, async () => {
        await turn.before;
        turn.begin();
        const value = await outside(() => this.#work(name, step));
        const text = stepText(value, { runId, name });
        done = { value };
        return keptText({ position: this.#positions.next++, text });
      }),
    );
    if (done === undefined)
      throw new DurableError(`Step "${name}" of run "${runId}" was not done.`, { code: 'run.lost' });
    steps.set(name, { position: 0, text: text.slice(text.indexOf(' ') + 1) });
    step.told(done.value, { replayed: false });
    return done.value;
  }

  all<T>(tasks: readonly Task<T>[], { width }: { readonly width: number }): Promise<readonly T[]> {
    let before = Promise.resolve();
    return sideBySide(tasks, {
      width,
      run: (task) => {
        // DBOS looks into the database before each step: without this, the quicker look would begin first.
        const { promise, resolve } = Promise.withResolvers<void>();
        const turn = { before, begin: resolve };
        before = promise;
        return this.#run(task, turn).finally(resolve);
      },
    });
  }

  wait<T>(name: string, options: WaitOptions): Promise<Waited<T>> {
    const { fingerprint, accepts, timeoutMs = Number.POSITIVE_INFINITY } = options;
    const { runId, token, database, clock } = this.#attempt;
    const place = { runId, name: this.#path + name };
    return database.transaction(async (client): Promise<Waited<T>> => {
      if ((await lockRun(client, runId)).token !== token) throw lost(runId);
      const now = clock.now();
      const before = await findWait(client, place);
      const wait = before ?? { fingerprint, accepts, expiresAt: now + timeoutMs, taken: false };
      const isParked = isOpen(wait) && now < wait.expiresAt;
      if (before === undefined || (!isParked && !wait.taken))
        await keepWait(client, place, { ...wait, taken: !isParked });
      if (isParked) return { type: 'parked' };
      if (wait.word === undefined) return { type: 'expired' };
      return { type: 'answered', value: wait.word as T }; // Whoever waits under this name knows what is said.
    });
  }

  #run<T>(task: Task<T>, turn: Turn): Promise<T> {
    if (task.type === 'step') return this.#step(task, turn);
    turn.begin();
    return task.body(new DbosRun(this.#attempt, `${this.#path}${task.name}/`, this.#positions));
  }

  /** What may happen once only is written down before it begins, by whoever has the run. */
  async #work<T>(name: string, { effect, inDoubt, work }: Step<T>): Promise<T> {
    if (effect !== 'once') return work();
    const { runId, token, intents, database } = this.#attempt;
    if (intents.has(name) && inDoubt !== undefined) return inDoubt();
    const { rowCount } = await database.query(
      `INSERT INTO pawl.intents SELECT run_id, $2 FROM pawl.runs WHERE run_id = $1 AND token = $3
       ON CONFLICT (run_id, name) DO UPDATE SET name = excluded.name`,
      [runId, name, token],
    );
    if (rowCount === 0) throw lost(runId);
    return work();
  }
}

export function lost(runId: string): DurableError {
  return new DurableError(
    `Run "${runId}" was taken over by another worker, since this one had lost its place. Nothing of it is decided here.`,
    { code: 'run.lost' },
  );
}
