import { type Host, memoryHost, Run } from '@pawl/core';
import type { Step, StepRunner } from '@pawl/core/host';
import { search } from './watch.ts';

// Searches the events of runs and the data that hosts store. The watchers call the original functions.

const { on, off, outcome, [Symbol.asyncIterator]: iterate } = Run.prototype;
type AnyListener = (event: unknown) => unknown;
const watched = new WeakMap<object, AnyListener>();

function watchListener(listener: AnyListener): AnyListener {
  if (typeof listener !== 'function') return listener; // The run rejects it.
  const known = watched.get(listener);
  if (known !== undefined) return known;
  const handleEvent: AnyListener = (event) => {
    search('event', event);
    return listener(event);
  };
  watched.set(listener, handleEvent);
  return handleEvent;
}

Run.prototype.on = function (type, listener) {
  return on.call(this, type, watchListener(listener as AnyListener)) as typeof this;
};
Run.prototype.off = function (type, listener) {
  return off.call(this, type, watchListener(listener as AnyListener)) as typeof this;
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

// Records of runs and values of steps, as hosts store them.
const prototype: Host = Object.getPrototypeOf(memoryHost());
const { start, claim: open } = prototype;
const watchedSteps = new WeakSet<object>();

function watchSteps(durable: StepRunner): void {
  const steps: StepRunner = Object.getPrototypeOf(durable);
  if (watchedSteps.has(steps)) return;
  watchedSteps.add(steps);
  const { step } = steps;
  steps.step = async function <T>(this: StepRunner, asked: Step<T>): Promise<T> {
    const value: T = await Reflect.apply(step, this, [asked]);
    search('record', value);
    return value;
  };
}

prototype.start = async function (this: Host, record) {
  search('record', record);
  const stepRunner = await start.call(this, record);
  watchSteps(stepRunner);
  return stepRunner;
};
prototype.claim = async function (this: Host, runId, options) {
  const opened = await open.call(this, runId, options);
  search('record', opened.record);
  if (opened.type === 'claimed') watchSteps(opened.stepRunner);
  return opened;
};
