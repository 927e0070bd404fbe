import type { Host, Listeners } from '@pawl/core';
import type {
  AnyResumable,
  FollowedEvents,
  FollowOptions,
  ResumableAgent,
  Step,
  StepRunner,
  StepTask,
} from '@pawl/core/host';

type Method = Exclude<keyof Host, 'listeners'>;
type Arguments<Name extends Method> = Parameters<Host[Name]>;
type Result<Name extends Method> = ReturnType<Host[Name]>;

/** Forwards to another host. Subclasses wrap the steps of its runs. */
export class HostWrapper implements Host {
  readonly #inner: Host;

  constructor(inner: Host) {
    this.#inner = inner;
  }

  get listeners(): Listeners | undefined {
    return this.#inner.listeners;
  }

  /** Wraps a step. `name` includes the path of a nested run. */
  wrapStep<T>(step: Step<T>, _name: string): Step<T> {
    return step;
  }

  /** Called after each `claim`. */
  onClaimed(): void {}

  async start(...[record]: Arguments<'start'>): Promise<StepRunner> {
    return this.#wrapRunner(await this.#inner.start(record));
  }

  async claim(...[runId, options]: Arguments<'claim'>): Result<'claim'> {
    const opened = await this.#inner.claim(runId, options);
    this.onClaimed();
    return opened.type === 'claimed' ? { ...opened, stepRunner: this.#wrapRunner(opened.stepRunner) } : opened;
  }

  release(...given: Arguments<'release'>): Result<'release'> {
    return this.#inner.release(...given);
  }

  answer(...given: Arguments<'answer'>): Result<'answer'> {
    return this.#inner.answer(...given);
  }

  sendMessage(...given: Arguments<'sendMessage'>): Result<'sendMessage'> {
    return this.#inner.sendMessage(...given);
  }

  enqueue(...given: Arguments<'enqueue'>): Result<'enqueue'> {
    return this.#inner.enqueue(...given);
  }

  cancel(...given: Arguments<'cancel'>): Result<'cancel'> {
    return this.#inner.cancel(...given);
  }

  /** The agents resume their runs with this wrapper as the host. */
  resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]> {
    return this.#inner.resumeAll(agents.map((each) => this.#wrapAgent(each)));
  }

  getRun(...given: Arguments<'getRun'>): Result<'getRun'> {
    return this.#inner.getRun(...given);
  }

  followRun<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<FollowedEvents<Options>> {
    return this.#inner.followRun(runId, options);
  }

  listRuns(...given: Arguments<'listRuns'>): Result<'listRuns'> {
    return this.#inner.listRuns(...given);
  }

  countRuns(...given: Arguments<'countRuns'>): Result<'countRuns'> {
    return this.#inner.countRuns(...given);
  }

  deleteRuns(...given: Arguments<'deleteRuns'>): Result<'deleteRuns'> {
    return this.#inner.deleteRuns(...given);
  }

  fork(...given: Arguments<'fork'>): Result<'fork'> {
    return this.#inner.fork(...given);
  }

  close(...given: Arguments<'close'>): Result<'close'> {
    return this.#inner.close(...given);
  }

  #wrapAgent<Resumed>(each: AnyResumable<Resumed>): AnyResumable<Resumed> {
    if (!('choose' in each)) return this.#wrapChosen(each);
    const choose: typeof each.choose = (record) => {
      const agent = each.choose(record);
      return agent && this.#wrapChosen(agent);
    };
    return { ...each, choose };
  }

  #wrapChosen<Resumed>(each: ResumableAgent<Resumed>): ResumableAgent<Resumed> {
    if (!('agent' in each)) {
      const resume: typeof each.resume = (runId, options) => each.resume(runId, { ...options, host: this });
      return { name: each.name, resume };
    }
    if ('context' in each) {
      const { agent } = each;
      const resume: typeof agent.resume = (runId, options) => agent.resume(runId, { ...options, host: this });
      return { ...each, agent: { name: agent.name, resume } };
    }
    const { agent } = each;
    const resume: typeof agent.resume = (runId, options) => agent.resume(runId, { ...options, host: this });
    return { ...each, agent: { name: agent.name, resume } };
  }

  #wrapRunner(stepRunner: StepRunner, path = ''): StepRunner {
    const wrap = <T>(step: Step<T>): Step<T> => this.wrapStep(step, path + step.name);
    const wrapTask = <T>(given: StepTask<T>): StepTask<T> => {
      if (given.type === 'step') return wrap(given);
      return { ...given, body: (inner) => given.body(this.#wrapRunner(inner, `${path}${given.name}/`)) };
    };
    return {
      attempt: stepRunner.attempt,
      ...(stepRunner.signal && { signal: stepRunner.signal }),
      step: (step) => stepRunner.step(wrap(step)),
      parallel: (tasks, options) => stepRunner.parallel(tasks.map(wrapTask), options),
      waitFor: (name, options) => stepRunner.waitFor(name, options),
      ...(stepRunner.listRecorded && { listRecorded: () => stepRunner.listRecorded?.() ?? [] }),
    };
  }
}
