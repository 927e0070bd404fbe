import { type Clock, systemClock } from '../base/clock.ts';
import { ConfigError, DurableError } from '../base/errors.ts';
import { Gate } from '../base/gate.ts';
import type { UserMessage } from '../chat/message.ts';
import type { Answer } from '../event/fact.ts';
import type { Outcome } from '../event/outcome.ts';
import type { Durable, DurableHost, OpenedRun, RunRecord, Step, Task, Waited, WaitOptions, Word } from './durable.ts';
import { ApprovalError } from './errors.ts';

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

interface Wait {
  readonly fingerprint: string;
  readonly expiresAt: number;
  word?: Word;
  /** Whether the run was told what came of it. */
  taken: boolean;
}

/** An expiry that the run was told of stands, like an answer. */
function isOpen({ word, taken }: Wait): boolean {
  return word === undefined && !taken;
}

/** Where types are not checked, another form would be kept for good and leave the run without a way on. */
function isAnswer(answer: Answer | undefined): boolean {
  return ANSWERS.has(answer?.type) && (answer?.type !== 'edit' || answer.arguments !== undefined);
}

const ANSWERS: ReadonlySet<unknown> = new Set<Answer['type']>(['approve', 'deny', 'edit']);

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
    if (this.#runs.has(record.runId)) {
      throw new DurableError(`Run "${record.runId}" exists already. Pass another runId, or use agent.resume.`, {
        code: 'run.exists',
      });
    }
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
    if (wait === undefined) {
      throw new ApprovalError(`Run "${runId}" has no pending call "${pendingId}". See outcome.pending.`, {
        code: 'approval.unknown',
      });
    }
    if (wait.word !== undefined) {
      throw new ApprovalError(`Pending call "${pendingId}" of run "${runId}" was answered already.`, {
        code: 'approval.used',
      });
    }
    if (outcome !== undefined) {
      throw new ApprovalError(`Run "${runId}" has ended as ${outcome.status}. Nothing was approved.`, {
        code: 'approval.ended',
      });
    }
    if (wait.taken || this.#clock.now() >= wait.expiresAt) {
      throw new ApprovalError(`Pending call "${pendingId}" of run "${runId}" has expired. Nothing was approved.`, {
        code: 'approval.expired',
      });
    }
    if (!isAnswer(answer)) {
      throw new ApprovalError(
        `Pending call "${pendingId}" of run "${runId}" was given no answer. Pass { type: "approve", fingerprint }, "deny", or "edit" with arguments.`,
        { code: 'approval.invalid' },
      );
    }
    if (answer.fingerprint !== wait.fingerprint) {
      throw new ApprovalError(
        `The answer is for fingerprint "${answer.fingerprint}", but pending call "${pendingId}" has another: it is not the same call with the same arguments. Show the person outcome.pending again.`,
        { code: 'approval.mismatch' },
      );
    }
    wait.word = copied(answer);
  }

  async send(runId: string, message: UserMessage): Promise<void> {
    if (message?.role !== 'user') {
      throw new ConfigError(`A message to run "${runId}" has to be a user's: { role: "user", content: "…" }.`);
    }
    const { waits, outcome } = this.#find(runId);
    const open = outcome === undefined ? [...waits.values()].filter(isOpen) : [];
    if (open.length === 0) {
      throw new DurableError(`Run "${runId}" waits for nothing. Pass outcome.messages and the message to agent.run.`, {
        code: 'run.not_waiting',
      });
    }
    for (const wait of open) wait.word = { type: 'interrupt', message: copied(message) };
  }

  #find(runId: string): Kept {
    const kept = this.#runs.get(runId);
    if (kept !== undefined) return kept;
    throw new DurableError(`There is no run "${runId}" here. Pass the host that it was started on.`, {
      code: 'run.unknown',
    });
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

  async all<T>(tasks: readonly Task<T>[], { width }: { readonly width: number }): Promise<readonly T[]> {
    const gate = new Gate(width);
    const settled = await Promise.allSettled(
      tasks.map((task) =>
        gate.pass(() => this.#run(task), { exclusive: task.type === 'step' && task.exclusive === true }),
      ),
    );
    // Every task has settled before the first failure is told, so that none goes on behind the caller's back.
    return settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  async wait<T>(name: string, { fingerprint, timeoutMs = Number.POSITIVE_INFINITY }: WaitOptions): Promise<Waited<T>> {
    const id = this.#path + name;
    const now = this.#clock.now();
    const wait = this.#kept.waits.get(id) ?? { fingerprint, expiresAt: now + timeoutMs, taken: false };
    this.#kept.waits.set(id, wait);
    if (isOpen(wait) && now < wait.expiresAt) return { type: 'parked' };
    const replayed = wait.taken;
    wait.taken = true;
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
