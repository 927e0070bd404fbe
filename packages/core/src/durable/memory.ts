import { type Clock, systemClock } from '../base/clock.ts';
import { DurableError } from '../base/errors.ts';
import type { UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/fact.ts';
import type { Outcome } from '../event/outcome.ts';
import { checkAnswer, checkMessage, existing, isOpen, notWaiting, unknown, type Wait } from './answering.ts';
import type { Durable, DurableHost, OpenedRun, RunRecord, Step, Task, Waited, WaitOptions } from './durable.ts';
import { sideBySide } from './side-by-side.ts';

/**
 * Keeps runs in this process for as long as the object is held. The default host.
 *
 * Runs end with the process. To answer or resume a run by its id, hold the one that you passed to `agent.run`.
 */
export function memory({ clock = systemClock }: MemoryOptions = {}): DurableHost {
  return new MemoryHost(clock);
}

export interface MemoryOptions {
  /** For the expiry of approvals. @defaultValue the machine's */
  readonly clock?: Clock;
}

interface Kept {
  record: RunRecord;
  readonly steps: Map<string, unknown>;
  /** Steps of effect `once` that were begun, by the attempt that began them. */
  readonly intents: Map<string, string>;
  readonly waits: Map<string, Wait>;
  live: boolean;
  attempts: number;
  outcome: Outcome<unknown> | undefined;
}

/** Who holds a run's outcome or its events may change them; what was approved has to stay what it is. */
function setApart(kept: Kept): void {
  kept.record = copied(kept.record);
  for (const [name, value] of kept.steps) kept.steps.set(name, copied(value));
}

/** A middleware may have left something in a result that can't be copied: that stays as it is. */
function copied<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

class MemoryHost implements DurableHost {
  readonly #runs = new Map<string, Kept>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async start(record: RunRecord): Promise<Durable> {
    if (this.#runs.has(record.runId)) throw existing(record.runId);
    const kept: Kept = {
      record,
      steps: new Map(),
      intents: new Map(),
      waits: new Map(),
      live: true,
      attempts: 1,
      outcome: undefined,
    };
    this.#runs.set(record.runId, kept);
    return new MemoryRun(kept, { path: '', clock: this.#clock });
  }

  async open(runId: string): Promise<OpenedRun> {
    const kept = this.#find(runId);
    if (kept.live) {
      throw new DurableError(`Run "${runId}" is at work in this process. Await it, or abort it first.`, {
        code: 'run.live',
      });
    }
    if (kept.outcome === undefined) kept.live = true;
    kept.attempts++;
    const durable = new MemoryRun(kept, { path: '', clock: this.#clock });
    return { record: kept.record, durable, ...(kept.outcome === undefined ? {} : { outcome: kept.outcome }) };
  }

  async release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void> {
    const kept = this.#find(runId);
    kept.live = false;
    if (outcome?.status === 'suspended') setApart(kept);
    else kept.outcome = outcome;
  }

  async answer(runId: string, pendingId: string, answer: Answer): Promise<void> {
    const { waits, outcome } = this.#find(runId);
    const wait = waits.get(pendingId);
    checkAnswer(answer, { runId, pendingId, wait, ended: outcome?.status, now: this.#clock.now() });
    if (wait !== undefined) waits.set(pendingId, { ...wait, word: copied(answer) });
  }

  async send(runId: string, message: UserMessage): Promise<void> {
    checkMessage(message, runId);
    const { waits, outcome } = this.#find(runId);
    const open = outcome === undefined ? [...waits].filter(([, wait]) => isOpen(wait)) : [];
    if (open.length === 0) throw notWaiting(runId);
    for (const [id, wait] of open) waits.set(id, { ...wait, word: { type: 'interrupt', message: copied(message) } });
  }

  #find(runId: string): Kept {
    const kept = this.#runs.get(runId);
    if (kept === undefined) throw unknown(runId);
    return kept;
  }
}

class MemoryRun implements Durable {
  readonly attempt: string;
  readonly #kept: Kept;
  readonly #path: string;
  readonly #clock: Clock;

  constructor(kept: Kept, { path, clock }: { readonly path: string; readonly clock: Clock }) {
    this.attempt = `${kept.record.runId}#${kept.attempts}`;
    this.#kept = kept;
    this.#path = path;
    this.#clock = clock;
  }

  async step<T>(step: Step<T>): Promise<T> {
    const name = this.#path + step.name;
    const { steps } = this.#kept;
    if (steps.has(name)) {
      const value = steps.get(name) as T; // The same name always has the same type: names are positions.
      step.told(value, { replayed: true });
      return value;
    }
    const value = await this.#work(name, step);
    steps.set(name, value);
    step.told(value, { replayed: false });
    return value;
  }

  all<T>(tasks: readonly Task<T>[], { width }: { readonly width: number }): Promise<readonly T[]> {
    return sideBySide(tasks, { width, run: (task) => this.#run(task) });
  }

  async wait<T>(name: string, { fingerprint, timeoutMs = Number.POSITIVE_INFINITY }: WaitOptions): Promise<Waited<T>> {
    const id = this.#path + name;
    const now = this.#clock.now();
    const wait = this.#kept.waits.get(id) ?? { fingerprint, expiresAt: now + timeoutMs, taken: false };
    const isParked = isOpen(wait) && now < wait.expiresAt;
    this.#kept.waits.set(id, isParked ? wait : { ...wait, taken: true });
    if (isParked) return { type: 'parked' };
    const replayed = wait.taken;
    if (wait.word === undefined) return { type: 'expired', replayed };
    return { type: 'answered', value: wait.word as T, replayed }; // Whoever waits under this name knows what is said.
  }

  #run<T>(task: Task<T>): Promise<T> {
    if (task.type === 'step') return this.step(task);
    return task.body(new MemoryRun(this.#kept, { path: `${this.#path}${task.name}/`, clock: this.#clock }));
  }

  #work<T>(name: string, { effect, inDoubt, work }: Step<T>): Promise<T> | T {
    if (effect !== 'once') return work();
    const { intents } = this.#kept;
    const begun = intents.get(name);
    if (begun !== undefined && begun !== this.attempt && inDoubt !== undefined) return inDoubt();
    intents.set(name, this.attempt);
    return work();
  }
}
