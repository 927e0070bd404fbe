import type { Clock } from '../base/clock.ts';
import { isOpen, type Wait } from './check-answer.ts';
import type { HeldRun, HeldRuns } from './held-runs.ts';
import { computeExpiry } from './round-clock.ts';
import { runParallel } from './run-parallel.ts';
import type { Decision, RecordedValue, RunStore } from './run-store.ts';
import type { RecordedStep, Step, StepRunner, StepTask, WaitOptions, WaitResult } from './step-runner.ts';

/** One attempt at a run, with the stored state that it begins with. */
export interface StoreRunOptions {
  readonly run: HeldRun;
  /** Refuses steps once the host closes. */
  readonly heldRuns: HeldRuns;
  /** 1 for the first attempt. */
  readonly number: number;
  /** The recorded steps, by name. */
  readonly steps: Map<string, RecordedValue<unknown>>;
  /** The `non-idempotent` steps that earlier attempts began. */
  readonly intents: ReadonlySet<string>;
  readonly store: RunStore;
  readonly clock: Clock;
}

/** Runs the steps of one run and records them in a store. */
export class StoreRun implements StepRunner {
  declare readonly signal?: AbortSignal;
  readonly #attempt: StoreRunOptions;
  readonly #path: string;

  constructor(attempt: StoreRunOptions, path = '') {
    const { controller } = attempt.run;
    if (controller !== undefined) this.signal = controller.signal;
    this.#attempt = attempt;
    this.#path = path;
  }

  get attempt(): string {
    const { run, number } = this.#attempt;
    return `${run.claim.runId}#${number}`;
  }

  async step<T>(step: Step<T>): Promise<T> {
    const name = this.#path + step.name;
    const { steps, heldRuns } = this.#attempt;
    // A name is a place in the run, so its value always has the same type.
    const known = steps.get(name) as RecordedValue<T> | undefined;
    if (known === undefined) heldRuns.checkOpen();
    const recorded = known ?? (await this.#runStep(name, step));
    steps.set(name, recorded);
    const { value, position } = recorded;
    step.onRecorded(value, { replayed: known !== undefined, position, step: name });
    return value;
  }

  parallel<T>(tasks: readonly StepTask<T>[], { width }: { readonly width: number }): Promise<readonly T[]> {
    const createChildRunner = (name: string): StepRunner => new StoreRun(this.#attempt, `${this.#path}${name}/`);
    return runParallel(tasks, {
      width,
      run: (task) => (task.type === 'step' ? this.step(task) : task.body(createChildRunner(task.name))),
    });
  }

  listRecorded(): readonly RecordedStep[] {
    const found: RecordedStep[] = [];
    for (const [name, { value, position }] of this.#attempt.steps) {
      if (name.startsWith(this.#path)) found.push({ name: name.slice(this.#path.length), value, position });
    }
    return found.sort((one, other) => one.position - other.position);
  }

  waitFor<T>(name: string, options: WaitOptions): Promise<WaitResult<T>> {
    const { run, store, clock } = this.#attempt;
    const { claim } = run;
    const id = this.#path + name;
    return store.update(claim.runId, {
      claim,
      waits: { name: id },
      decide: (_, waits) => decideWait<T>(id, { wait: waits.get(id), options, now: clock.now() }),
    });
  }

  async #runStep<T>(name: string, step: Step<T>): Promise<RecordedValue<T>> {
    const { run, heldRuns, store } = this.#attempt;
    const { claim } = run;
    if (store.runStep !== undefined) {
      const work = async (): Promise<T> => {
        const value = await this.#startWork(name, step);
        heldRuns.checkHeld(run);
        return value;
      };
      return store.runStep(claim, { name, work });
    }
    const value = await this.#startWork(name, step);
    heldRuns.checkHeld(run);
    return { value, position: await store.putStep(claim, { name, value }) };
  }

  /** Starts the work of a step. Before `non-idempotent` work, records an intent: a later attempt that finds it does not repeat the work. */
  #startWork<T>(name: string, { effect, onUnknownOutcome, work }: Step<T>): T | Promise<T> {
    if (effect !== 'non-idempotent') return work();
    const { run, store, intents } = this.#attempt;
    if (intents.has(name) && onUnknownOutcome !== undefined) return onUnknownOutcome();
    return store.putIntent(run.claim, name).then(work);
  }
}

interface WaitState {
  /** The stored wait; `undefined` at the first `waitFor`. */
  readonly wait: Wait | undefined;
  readonly options: WaitOptions;
  readonly now: number;
}

/** Decides the result of a wait. A delivered result is stored, so that every later attempt gets the same. */
function decideWait<T>(name: string, { wait: before, options, now }: WaitState): Decision<WaitResult<T>> {
  const { fingerprint, accepts, timeoutMs } = options;
  const wait = before ?? { fingerprint, accepts, expiresAt: computeExpiry(now, timeoutMs), isDelivered: false };
  const isParked = isOpen(wait) && now < wait.expiresAt;
  const isChanged = before === undefined || (!isParked && !wait.isDelivered);
  const change = isChanged ? { change: { waits: new Map([[name, { ...wait, isDelivered: !isParked }]]) } } : {};
  if (isParked) return { result: { type: 'parked' }, ...change };
  if (wait.answer === undefined) return { result: { type: 'expired' }, ...change };
  const { answer, by } = wait;
  // The caller of `waitFor` knows the answer's type.
  return { result: { type: 'answered', value: answer as T, ...(by !== undefined && { by }) }, ...change };
}
