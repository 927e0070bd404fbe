import type {
  Durable,
  DurableHost,
  EnqueueOptions,
  Followed,
  FollowOptions,
  ForkOptions,
  Listeners,
  OpenedRun,
  OpenOptions,
  RunFilter,
  RunProgress,
  RunRecord,
  RunSummary,
  Step,
  Task,
} from '@pawl/core';

/** A host that is another one, but for what happens around a run's steps. */
export class HostAround implements DurableHost {
  readonly #inner: DurableHost;

  constructor(inner: DurableHost) {
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

  async start(record: RunRecord): Promise<Durable> {
    return this.#durable(await this.#inner.start(record));
  }

  async open(runId: string, options?: OpenOptions): Promise<OpenedRun> {
    const opened = await this.#inner.open(runId, options);
    this.opened();
    return opened.type === 'held' ? { ...opened, durable: this.#durable(opened.durable) } : opened;
  }

  release(...[runId, outcome]: Parameters<DurableHost['release']>): Promise<void> {
    return this.#inner.release(runId, outcome);
  }

  answer(...[runId, pendingId, answer]: Parameters<DurableHost['answer']>): Promise<void> {
    return this.#inner.answer(runId, pendingId, answer);
  }

  send(...[runId, message]: Parameters<DurableHost['send']>): Promise<void> {
    return this.#inner.send(runId, message);
  }

  enqueue(agent: string, input: string, options?: EnqueueOptions): Promise<string> {
    return this.#inner.enqueue(agent, input, options);
  }

  cancel(runId: string, options?: { readonly reason?: string }): Promise<void> {
    return this.#inner.cancel(runId, options);
  }

  read(runId: string, options?: { readonly after?: number }): Promise<RunProgress> {
    return this.#inner.read(runId, options);
  }

  events<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<Followed<Options>> {
    return this.#inner.events(runId, options);
  }

  runs(filter?: RunFilter): Promise<readonly RunSummary[]> {
    return this.#inner.runs(filter);
  }

  fork(runId: string, options: ForkOptions): Promise<string> {
    return this.#inner.fork(runId, options);
  }

  close(options?: { readonly graceMs?: number }): Promise<void> {
    return this.#inner.close(options);
  }

  #durable(durable: Durable, path = ''): Durable {
    const around = <T>(step: Step<T>): Step<T> => this.around(step, path + step.name);
    const task = <T>(given: Task<T>): Task<T> => {
      if (given.type === 'step') return around(given);
      return { ...given, body: (inner) => given.body(this.#durable(inner, `${path}${given.name}/`)) };
    };
    return {
      attempt: durable.attempt,
      ...(durable.signal && { signal: durable.signal }),
      step: (step) => durable.step(around(step)),
      all: (tasks, options) => durable.all(tasks.map(task), options),
      wait: (name, options) => durable.wait(name, options),
    };
  }
}
