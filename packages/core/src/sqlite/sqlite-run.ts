import type { Clock } from '../base/clock.ts';
import { isOpen } from '../host/answering.ts';
import type { Durable, Step, Task, Waited, WaitOptions } from '../host/durable.ts';
import { sideBySide } from '../host/side-by-side.ts';
import { stepText } from '../host/step-text.ts';
import { expiryOf } from '../host/whole-time.ts';
import type { RunTable } from './run-table.ts';
import { lost, type StepTable } from './step-table.ts';
import type { Writer } from './writer.ts';

/** One attempt at a run, and what was remembered when it began. */
export interface Attempt {
  readonly runId: string;
  /** The run's number in the file. */
  readonly run: number;
  readonly name: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** JSON, by the steps' names. */
  readonly steps: Map<string, string>;
  readonly intents: ReadonlyMap<string, string>;
  /** Throws where no step may begin any more. */
  readonly checkOpen: () => void;
  readonly writer: Writer;
  readonly runTable: RunTable;
  readonly stepTable: StepTable;
  readonly clock: Clock;
}

/** A run that is kept in a file. */
export class SqliteRun implements Durable {
  readonly #attempt: Attempt;
  readonly #path: string;

  constructor(attempt: Attempt, path = '') {
    this.#attempt = attempt;
    this.#path = path;
  }

  get attempt(): string {
    return this.#attempt.name;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  async step<T>(step: Step<T>): Promise<T> {
    const name = this.#path + step.name;
    const { steps, run, runId, token, writer, stepTable } = this.#attempt;
    const kept = steps.get(name);
    if (kept !== undefined) {
      const value = JSON.parse(kept) as T; // The same name always has the same type: names are positions.
      step.told(value, { replayed: true });
      return value;
    }
    this.#attempt.checkOpen();
    const value = await this.#work(name, step);
    const text = stepText(value, { runId, name });
    if (!(await writer.write(() => stepTable.keep({ run, name }, { token, value: text })))) throw lost(runId);
    steps.set(name, text);
    step.told(value, { replayed: false });
    return value;
  }

  all<T>(tasks: readonly Task<T>[], { width }: { readonly width: number }): Promise<readonly T[]> {
    return sideBySide(tasks, { width, run: (task) => this.#run(task) });
  }

  wait<T>(name: string, options: WaitOptions): Promise<Waited<T>> {
    const { fingerprint, accepts, timeoutMs } = options;
    const { run, runId, token, writer, runTable, stepTable, clock } = this.#attempt;
    const place = { run, name: this.#path + name };
    return writer.write((): Waited<T> => {
      if (!runTable.isHeld(run, token)) throw lost(runId);
      const now = clock.now();
      const before = stepTable.wait(place);
      const wait = before ?? { fingerprint, accepts, expiresAt: expiryOf(now, timeoutMs), taken: false };
      const isParked = isOpen(wait) && now < wait.expiresAt;
      if (before === undefined || (!isParked && !wait.taken)) stepTable.keepWait(place, { ...wait, taken: !isParked });
      if (isParked) return { type: 'parked' };
      if (wait.word === undefined) return { type: 'expired' };
      return { type: 'answered', value: wait.word as T }; // Whoever waits under this name knows what is said.
    });
  }

  #run<T>(task: Task<T>): Promise<T> {
    if (task.type === 'step') return this.step(task);
    return task.body(new SqliteRun(this.#attempt, `${this.#path}${task.name}/`));
  }

  /**
   * What may happen once only is written down before it begins. The process may have been stopped between that and the call, for
   * so long that another one has told the run that nobody knows of it: the lease is looked at once more.
   */
  async #work<T>(name: string, { effect, inDoubt, work }: Step<T>): Promise<T> {
    if (effect !== 'once') return work();
    const { run, runId, token, name: attempt, intents, writer, runTable, stepTable } = this.#attempt;
    if (intents.has(name) && inDoubt !== undefined) return inDoubt();
    const isIntended = await writer.write(() => stepTable.intend({ run, name }, { token, attempt }));
    if (!isIntended || !runTable.isHeld(run, token)) throw lost(runId);
    return work();
  }
}
