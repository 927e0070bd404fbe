import { Agent, type Host, memoryHost, Run } from '@pawl/core';
import type { Step, StepRunner } from '@pawl/core/host';
import type { WireLog, WirePiece, WireRequest } from '@pawl/core/wire-log';
import { search } from './watch.ts';

// Searches the events of runs, what a wire log of each run gets, and the data that hosts store. The watchers call the original functions.

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

// What a wire log gets of each run. The log of the test itself gets it too.

const decoder = new TextDecoder();

/** Searches the bytes of a response together: a piece may have a part of the key. */
class WatchedLog implements WireLog {
  readonly #texts = new WeakMap<WireRequest, string>();
  readonly #other: WireLog | undefined;

  constructor(other: WireLog | undefined) {
    this.#other = other;
  }

  sent(request: WireRequest): unknown {
    search('wire', { ...request, body: decoder.decode(request.body) });
    return this.#other?.sent(request);
  }

  received(piece: WirePiece): unknown {
    const { request, bytes, end, error, ...rest } = piece;
    search('wire', { ...rest, error });
    const text = (this.#texts.get(request) ?? '') + decoder.decode(bytes);
    this.#texts.set(request, text);
    if (end === true || error !== undefined) search('wire', text);
    return this.#other?.received(piece);
  }
}

type AnyMethod = (this: object, first: unknown, options?: { readonly wireLog?: WireLog }) => unknown;
const agents = Agent.prototype as unknown as Record<'run' | 'resume' | 'continueConversation', AnyMethod>; // Their options differ.
for (const name of ['run', 'resume', 'continueConversation'] as const) {
  const start = agents[name];
  agents[name] = function (first, options = {}) {
    // A run refuses other options.
    if (options === null || Object.getPrototypeOf(options) !== Object.prototype)
      return start.call(this, first, options);
    return start.call(this, first, { ...options, wireLog: watchWireLog(options.wireLog) });
  };
}

/** A value that is not a wire log stays one. */
function watchWireLog(given: WireLog | undefined): WireLog {
  if (given !== undefined && (typeof given?.sent !== 'function' || typeof given.received !== 'function')) return given;
  return new WatchedLog(given);
}
