import { type Host, memoryHost, Run } from '@pawl/core';
import type { Step, StepRunner } from '@pawl/core/host';
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
const prototype: Host = Object.getPrototypeOf(memoryHost());
const { start, claim: open } = prototype;
const seen = new WeakSet<object>();

function watchSteps(durable: StepRunner): void {
  const steps: StepRunner = Object.getPrototypeOf(durable);
  if (seen.has(steps)) return;
  seen.add(steps);
  const { step } = steps;
  steps.step = async function <T>(this: StepRunner, asked: Step<T>): Promise<T> {
    const value: T = await Reflect.apply(step, this, [asked]);
    search('record', value);
    return value;
  };
}

prototype.start = async function (this: Host, record) {
  search('record', record);
  const durable = await start.call(this, record);
  watchSteps(durable);
  return durable;
};
prototype.claim = async function (this: Host, runId, options) {
  const opened = await open.call(this, runId, options);
  search('record', opened.record);
  if (opened.type === 'claimed') watchSteps(opened.stepRunner);
  return opened;
};
