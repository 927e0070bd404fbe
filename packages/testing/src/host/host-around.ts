import type { Host, Listeners } from '@pawl/core';
import type { FollowedEvents, FollowOptions, Step, StepRunner, StepTask } from '@pawl/core/host';

type Method = Exclude<keyof Host, 'listeners'>;
type Given<Name extends Method> = Parameters<Host[Name]>;
type Result<Name extends Method> = ReturnType<Host[Name]>;

/** A host that is another one, but for what happens around a run's steps. */
export class HostWrapper implements Host {
  readonly #inner: Host;

  constructor(inner: Host) {
    this.#inner = inner;
  }

  get listeners(): Listeners | undefined {
    return this.#inner.listeners;
  }

  /** What a step becomes here. `name` begins with the path of the run inside the run that it is of. */
  around<T>(step: Step<T>, _name: string): Step<T> {
    return step;
  }

  /** A run begins, or goes on. */
  opened(): void {}

  async start(...[record]: Given<'start'>): Promise<StepRunner> {
    return this.#durable(await this.#inner.start(record));
  }

  async claim(...[runId, options]: Given<'claim'>): Result<'claim'> {
    const opened = await this.#inner.claim(runId, options);
    this.opened();
    return opened.type === 'claimed' ? { ...opened, stepRunner: this.#durable(opened.stepRunner) } : opened;
  }

  release(...given: Given<'release'>): Result<'release'> {
    return this.#inner.release(...given);
  }

  answer(...given: Given<'answer'>): Result<'answer'> {
    return this.#inner.answer(...given);
  }

  sendMessage(...given: Given<'sendMessage'>): Result<'sendMessage'> {
    return this.#inner.sendMessage(...given);
  }

  enqueue(...given: Given<'enqueue'>): Result<'enqueue'> {
    return this.#inner.enqueue(...given);
  }

  cancel(...given: Given<'cancel'>): Result<'cancel'> {
    return this.#inner.cancel(...given);
  }

  getRun(...given: Given<'getRun'>): Result<'getRun'> {
    return this.#inner.getRun(...given);
  }

  followRun<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<FollowedEvents<Options>> {
    return this.#inner.followRun(runId, options);
  }

  listRuns(...given: Given<'listRuns'>): Result<'listRuns'> {
    return this.#inner.listRuns(...given);
  }

  fork(...given: Given<'fork'>): Result<'fork'> {
    return this.#inner.fork(...given);
  }

  close(...given: Given<'close'>): Result<'close'> {
    return this.#inner.close(...given);
  }

  #durable(stepRunner: StepRunner, path = ''): StepRunner {
    const around = <T>(step: Step<T>): Step<T> => this.around(step, path + step.name);
    const task = <T>(given: StepTask<T>): StepTask<T> => {
      if (given.type === 'step') return around(given);
      return { ...given, body: (inner) => given.body(this.#durable(inner, `${path}${given.name}/`)) };
    };
    return {
      attempt: stepRunner.attempt,
      ...(stepRunner.signal && { signal: stepRunner.signal }),
      step: (step) => stepRunner.step(around(step)),
      parallel: (tasks, options) => stepRunner.parallel(tasks.map(task), options),
      waitFor: (name, options) => stepRunner.waitFor(name, options),
    };
  }
}
