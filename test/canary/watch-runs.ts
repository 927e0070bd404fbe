import { type Durable, type DurableHost, memory, Run, type Step } from '@pawl/core';
import { search } from './watch.ts';

// Looks at whatever runs tell, and what hosts keep. Each thing is handed on as it is.

const { on, off, outcome, [Symbol.asyncIterator]: iterate } = Run.prototype;
type AnyListener = (event: unknown) => unknown;
const watched = new WeakMap<object, AnyListener>();

function watching(listener: AnyListener): AnyListener {
  if (typeof listener !== 'function') return listener; // The run refuses it.
  const known = watched.get(listener);
  if (known !== undefined) return known;
  const wrapper: AnyListener = (event) => {
    search('event', event);
    return listener(event);
  };
  watched.set(listener, wrapper);
  return wrapper;
}

Run.prototype.on = function (type, listener) {
  return on.call(this, type, watching(listener as AnyListener)) as typeof this;
};
Run.prototype.off = function (type, listener) {
  return off.call(this, type, watching(listener as AnyListener)) as typeof this;
};
Run.prototype.outcome = function (this: InstanceType<typeof Run>) {
  const promise = outcome.call(this);
  promise.then(
    (ended) => search('outcome', ended),
    (error: unknown) => search('error', error),
  );
  return promise;
} as typeof outcome;
Run.prototype[Symbol.asyncIterator] = function (this: InstanceType<typeof Run>) {
  const iterator = iterate.call(this);
  return {
    ...iterator,
    async next() {
      const result = await iterator.next();
      if (result.done !== true) search('event', result.value);
      return result;
    },
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  };
};

// What a host is given to keep: the records of runs, and what came of their steps.
const Host: DurableHost = Object.getPrototypeOf(memory());
const { start, open } = Host;
const seen = new WeakSet<object>();

function watchSteps(durable: Durable): void {
  const steps: Durable = Object.getPrototypeOf(durable);
  if (seen.has(steps)) return;
  seen.add(steps);
  const { step } = steps;
  steps.step = async function <T>(this: Durable, asked: Step<T>): Promise<T> {
    const value: T = await Reflect.apply(step, this, [asked]);
    search('record', value);
    return value;
  };
}

Host.start = async function (this: DurableHost, record) {
  search('record', record);
  const durable = await start.call(this, record);
  watchSteps(durable);
  return durable;
};
Host.open = async function (this: DurableHost, runId, options) {
  const opened = await open.call(this, runId, options);
  search('record', opened.record);
  if (opened.type === 'held') watchSteps(opened.durable);
  return opened;
};
