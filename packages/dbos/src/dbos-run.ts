import {
  type Clock,
  type Durable,
  DurableError,
  type Step,
  type Task,
  type Waited,
  type WaitOptions,
} from '@pawl/core';
import { expiryOf, isOpen, sideBySide, stepText } from '@pawl/core/host';
import type { Database, PoolClient } from './database.ts';
import { canPass, retry } from './retry.ts';
import { isHeldBy, lockRun } from './run-table.ts';
import type { Entry, StepWriter } from './step-writer.ts';
import { findWait, keepWait } from './wait-table.ts';

/** One attempt at a run, and what was remembered when it began. */
export interface Attempt {
  readonly runId: string;
  readonly number: number;
  readonly token: string;
  readonly signal: AbortSignal;
  /** JSON, by the steps' names. */
  readonly steps: Map<string, string>;
  /** Of the step that is remembered last. */
  readonly position: number;
  readonly intents: ReadonlySet<string>;
  /** Throws where no step may begin any more. */
  readonly checkOpen: () => void;
  /** Called where the host breaks the attempt off by a problem that passes. */
  readonly onCutOff: () => void;
  /** Milliseconds that no change of the date moves. */
  readonly monotonic: () => number;
  readonly writer: StepWriter;
  readonly database: Database;
  readonly clock: Clock;
  /** Aborted where the host closes. */
  readonly closing: AbortSignal;
}

/** A run that is kept in PostgreSQL. */
export class DbosRun implements Durable {
  readonly #attempt: Attempt;
  readonly #path: string;
  readonly #last: { position: number };

  constructor(attempt: Attempt, path = '', last: { position: number } = { position: attempt.position }) {
    this.#attempt = attempt;
    this.#path = path;
    this.#last = last;
  }

  get attempt(): string {
    return `${this.#attempt.runId}#${this.#attempt.number}`;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  async step<T>(step: Step<T>): Promise<T> {
    const name = this.#path + step.name;
    const { steps, runId } = this.#attempt;
    const known = steps.get(name);
    if (known !== undefined) {
      const value = JSON.parse(known) as T; // The same name always has the same type: names are positions.
      step.told(value, { replayed: true });
      return value;
    }
    this.#checkOpen();
    const value = await this.#work(name, step);
    const text = stepText(value, { runId, name });
    await this.#write(name, { position: ++this.#last.position, text });
    steps.set(name, text);
    step.told(value, { replayed: false });
    return value;
  }

  all<T>(tasks: readonly Task<T>[], { width }: { readonly width: number }): Promise<readonly T[]> {
    return sideBySide(tasks, { width, run: (task) => this.#run(task) });
  }

  wait<T>(name: string, options: WaitOptions): Promise<Waited<T>> {
    const { fingerprint, accepts, timeoutMs } = options;
    const { runId, token, database, clock, closing } = this.#attempt;
    const place = { runId, name: this.#path + name };
    const look = async (client: PoolClient): Promise<Waited<T>> => {
      if ((await lockRun(client, runId)).token !== token) throw lost(runId);
      const now = clock.now();
      const before = await findWait(client, place);
      const wait = before ?? { fingerprint, accepts, expiresAt: expiryOf(now, timeoutMs), taken: false };
      const isParked = isOpen(wait) && now < wait.expiresAt;
      if (before === undefined || (!isParked && !wait.taken))
        await keepWait(client, place, { ...wait, taken: !isParked });
      if (isParked) return { type: 'parked' };
      if (wait.word === undefined) return { type: 'expired' };
      return { type: 'answered', value: wait.word as T }; // Whoever waits under this name knows what is said.
    };
    return this.#ofHost(() => retry(() => database.transaction(look), { clock, signal: closing }));
  }

  #run<T>(task: Task<T>): Promise<T> {
    if (task.type === 'step') return this.step(task);
    return task.body(new DbosRun(this.#attempt, `${this.#path}${task.name}/`, this.#last));
  }

  /** What may happen once only is written down before it begins, by whoever has the run. */
  async #work<T>(name: string, { effect, inDoubt, work }: Step<T>): Promise<T> {
    if (effect !== 'once') return work();
    const { intents, monotonic } = this.#attempt;
    if (intents.has(name) && inDoubt !== undefined) return inDoubt();
    let askedAt = monotonic();
    await this.#write(name);
    // The process may have been stopped since it asked, and its run taken over: what it was told is true only if it was told so
    // just now.
    for (let looks = 0; looks < MOST_LOOKS && monotonic() - askedAt > FRESH_MS; looks++) {
      askedAt = monotonic();
      await this.#checkHeld();
    }
    return work();
  }

  /** @throws DurableError `run.lost` */
  async #write(name: string, kept?: Entry['kept']): Promise<void> {
    const { runId, token, writer } = this.#attempt;
    if (!(await this.#ofHost(() => writer.write({ runId, token, name, ...(kept && { kept }) })))) throw lost(runId);
  }

  /** @throws DurableError `run.lost`, `host.lost` */
  async #checkHeld(): Promise<void> {
    const { runId, token, database } = this.#attempt;
    this.#checkOpen();
    if (!(await this.#ofHost(() => isHeldBy(database, runId, token)))) throw lost(runId);
  }

  #checkOpen(): void {
    const { checkOpen, onCutOff } = this.#attempt;
    try {
      checkOpen();
    } catch (error) {
      onCutOff();
      throw error;
    }
  }

  /** Another attempt goes on where the host could not do its part just now. */
  async #ofHost<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (canPass(error)) this.#attempt.onCutOff();
      throw error;
    }
  }
}

/** How long a worker may rely on what the database said of its run. Another worker needs longer to take a run over and begin a call. */
const FRESH_MS = 250;

/** A database may be further away than that. */
const MOST_LOOKS = 3;

export function lost(runId: string): DurableError {
  return new DurableError(
    `Run "${runId}" was taken over by another worker, since this one had lost its place. Nothing of it is decided here.`,
    { code: 'run.lost' },
  );
}
