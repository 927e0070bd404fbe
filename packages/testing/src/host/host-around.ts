import type { Durable, DurableHost, Followed, FollowOptions, Listeners, Step, Task } from '@pawl/core';

type Method = Exclude<keyof DurableHost, 'listeners'>;
type Given<Name extends Method> = Parameters<DurableHost[Name]>;
type Result<Name extends Method> = ReturnType<DurableHost[Name]>;

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

  async start(...[record]: Given<'start'>): Promise<Durable> {
    return this.#durable(await this.#inner.start(record));
  }

  async open(...[runId, options]: Given<'open'>): Result<'open'> {
    const opened = await this.#inner.open(runId, options);
    this.opened();
    return opened.type === 'held' ? { ...opened, durable: this.#durable(opened.durable) } : opened;
  }

  release(...given: Given<'release'>): Result<'release'> {
    return this.#inner.release(...given);
  }

  answer(...given: Given<'answer'>): Result<'answer'> {
    return this.#inner.answer(...given);
  }

  send(...given: Given<'send'>): Result<'send'> {
    return this.#inner.send(...given);
  }

  enqueue(...given: Given<'enqueue'>): Result<'enqueue'> {
    return this.#inner.enqueue(...given);
  }

  cancel(...given: Given<'cancel'>): Result<'cancel'> {
    return this.#inner.cancel(...given);
  }

  read(...given: Given<'read'>): Result<'read'> {
    return this.#inner.read(...given);
  }

  events<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<Followed<Options>> {
    return this.#inner.events(runId, options);
  }

  runs(...given: Given<'runs'>): Result<'runs'> {
    return this.#inner.runs(...given);
  }

  fork(...given: Given<'fork'>): Result<'fork'> {
    return this.#inner.fork(...given);
  }

  close(...given: Given<'close'>): Result<'close'> {
    return this.#inner.close(...given);
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
