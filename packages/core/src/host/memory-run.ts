import type { Clock } from '../base/clock.ts';
import type { Outcome } from '../event/outcome.ts';
import { isOpen, type Wait } from './answering.ts';
import type { Durable, Step, Task, Waited, WaitOptions } from './durable.ts';
import type { RunRecord } from './host.ts';
import { sideBySide } from './side-by-side.ts';
import { expiryOf } from './whole-time.ts';

/** Everything that is known of a run. */
export interface Kept {
  record: RunRecord;
  readonly position: number;
  /** In the order in which they were remembered. */
  readonly steps: Map<string, unknown>;
  /** Steps of effect `once` that were begun, by the attempt that began them. */
  intents: Map<string, string> | undefined;
  waits: Map<string, Wait> | undefined;
  isLive: boolean;
  attempts: number;
  updatedAt: number;
  outcome: Outcome<unknown> | undefined;
  /** Nobody can cancel the run of a host that nobody holds. */
  readonly cancel: AbortController | undefined;
}

export interface MemoryRunOptions {
  readonly clock: Clock;
  /** Throws where no step may begin any more. */
  readonly checkOpen: () => void;
}

/** A run that is kept in this process. */
export class MemoryRun implements Durable {
  readonly attempt: string;
  readonly signal?: AbortSignal;
  readonly #kept: Kept;
  readonly #options: MemoryRunOptions;
  readonly #path: string;

  constructor(kept: Kept, options: MemoryRunOptions, path = '') {
    this.attempt = `${kept.record.runId}#${kept.attempts}`;
    if (kept.cancel !== undefined) this.signal = kept.cancel.signal;
    this.#kept = kept;
    this.#options = options;
    this.#path = path;
  }

  async step<T>(step: Step<T>): Promise<T> {
    const name = this.#path + step.name;
    const { steps } = this.#kept;
    if (steps.has(name)) {
      const value = steps.get(name) as T; // The same name always has the same type: names are positions.
      step.told(value, { replayed: true });
      return value;
    }
    this.#options.checkOpen();
    const value = await this.#work(name, step);
    steps.set(name, value);
    step.told(value, { replayed: false });
    return value;
  }

  all<T>(tasks: readonly Task<T>[], { width }: { readonly width: number }): Promise<readonly T[]> {
    const inside = (name: string): Durable => new MemoryRun(this.#kept, this.#options, `${this.#path}${name}/`);
    return sideBySide(tasks, {
      width,
      run: (task) => (task.type === 'step' ? this.step(task) : task.body(inside(task.name))),
    });
  }

  async wait<T>(name: string, options: WaitOptions): Promise<Waited<T>> {
    const { fingerprint, timeoutMs } = options;
    const accepts = [...options.accepts]; // Whoever holds the outcome may change its list.
    this.#kept.waits ??= new Map();
    const { waits } = this.#kept;
    const id = this.#path + name;
    const now = this.#options.clock.now();
    const wait = waits.get(id) ?? { fingerprint, accepts, expiresAt: expiryOf(now, timeoutMs), taken: false };
    const isParked = isOpen(wait) && now < wait.expiresAt;
    waits.set(id, isParked ? wait : { ...wait, taken: true });
    if (isParked) return { type: 'parked' };
    if (wait.word === undefined) return { type: 'expired' };
    return { type: 'answered', value: wait.word as T }; // Whoever waits under this name knows what is said.
  }

  #work<T>(name: string, { effect, inDoubt, work }: Step<T>): Promise<T> | T {
    if (effect !== 'once') return work();
    this.#kept.intents ??= new Map();
    const { intents } = this.#kept;
    const begun = intents.get(name);
    if (begun !== undefined && begun !== this.attempt && inDoubt !== undefined) return inDoubt();
    intents.set(name, this.attempt);
    return work();
  }
}
