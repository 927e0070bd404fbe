import { afterEach, expect } from 'vitest';
import { noteError, search, searchErrors, takeLeaks } from './watch.ts';

// Looks at everything that the suite emits, from outside: errors as they are made, what is printed, and whatever a run
// tells. Nothing of ours is replaced: each of them is handed on as it is.

globalThis.Error = new Proxy(Error, {
  construct(target, args, newTarget): Error {
    const error: Error = Reflect.construct(target, args, newTarget);
    noteError(error);
    return error;
  },
});

// After that, so that its errors are seen.
const { Run } = await import('@pawl/core');

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = ((...args: Parameters<typeof write>) => {
    search('output', String(args[0]));
    return write(...args);
  }) as typeof write; // It has two signatures.
}

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const print = console[method];
  console[method] = (...args: unknown[]) => {
    for (const each of args) search('output', each);
    print.apply(console, args);
  };
}

const { on, off, outcome, [Symbol.asyncIterator]: iterate } = Run.prototype;
type AnyListener = (event: unknown) => unknown;
const watched = new WeakMap<object, AnyListener>();

function watching(listener: AnyListener): AnyListener {
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

afterEach(() => {
  searchErrors();
  expect(takeLeaks()).toEqual([]);
});
