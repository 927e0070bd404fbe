import { describe, expect, test } from 'vitest';
import { Cancellation, LazySignal, runUntilCancelled } from './cancellation.ts';

const never: AbortSignal = new AbortController().signal;

test.each([
  ['a value', () => 7, 7],
  ['a promise', async () => 7, 7],
])('what settles first is the work: %s', async (_, work, value) => {
  await expect(runUntilCancelled(never, work)).resolves.toBe(value);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('broke');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broke'))],
])('work that %s is a rejection', async (_, work) => {
  await expect(runUntilCancelled(never, work)).rejects.toEqual(new Error('broke'));
});

test('work that ignores an abort is left at once, with the reason', async () => {
  const controller = new AbortController();
  const left = runUntilCancelled(controller.signal, () => new Promise(() => {}));
  controller.abort('enough');
  await expect(left).rejects.toBe('enough');
});

test('nothing begins once the signal is aborted', async () => {
  const begun: string[] = [];
  await expect(runUntilCancelled(AbortSignal.abort('enough'), () => begun.push('work'))).rejects.toBe('enough');
  expect(begun).toEqual([]);
});

test('work that rejects after it was left hurts nobody', async () => {
  const controller = new AbortController();
  const work = Promise.withResolvers<never>();
  const left = runUntilCancelled(controller.signal, () => work.promise);
  controller.abort('enough');
  work.reject(new Error('too late to matter'));
  await expect(left).rejects.toBe('enough');
});

test.each(['fulfilled', 'rejected'])('no listener stays on the signal when the work is %s', async (how) => {
  const signal = countingSignal();
  await runUntilCancelled(signal, () => (how === 'fulfilled' ? 1 : Promise.reject(new Error('broke')))).catch(() => {});
  await Promise.resolve();
  expect(signal.listening).toBe(0);
});

function countingSignal(): AbortSignal & { readonly listening: number } {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  return Object.defineProperties(signal, {
    addEventListener: {
      value: (...given: Parameters<typeof add>) => {
        listeners.add(given[1]);
        add(...given);
      },
    },
    removeEventListener: {
      value: (...given: Parameters<typeof remove>) => {
        listeners.delete(given[1]);
        remove(...given);
      },
    },
    listening: { get: () => listeners.size },
  }) as AbortSignal & { readonly listening: number };
}

describe('Cancellation', () => {
  test('calls back once, with its reason set', () => {
    const { cancellation, calls } = listened();
    cancellation.cancel('enough');
    cancellation.cancel('again');
    expect(calls).toEqual(['enough']);
    expect(cancellation.isCancelled).toBe(true);
  });

  test('calls back at once if it is cancelled already', () => {
    const cancellation = new Cancellation();
    cancellation.cancel('enough');
    const calls: unknown[] = [];
    cancellation.onCancel(() => calls.push(cancellation.reason));
    expect(calls).toEqual(['enough']);
  });

  test('does not call back who has taken the callback away', () => {
    const { cancellation, calls, stop } = listened();
    stop();
    cancellation.cancel('enough');
    expect(calls).toEqual([]);
  });

  test.each(['before', 'after'])('aborts its signal with its reason, made %s it is cancelled', (when) => {
    const cancellation = new Cancellation();
    if (when === 'before') void cancellation.signal;
    cancellation.cancel('enough');
    expect(cancellation.signal.aborted).toBe(true);
    expect(cancellation.signal.reason).toBe('enough');
  });

  test('throws its reason only if it is cancelled', () => {
    const cancellation = new Cancellation();
    cancellation.throwIfCancelled();
    cancellation.cancel(new Error('enough'));
    expect(() => cancellation.throwIfCancelled()).toThrow('enough');
  });

  test.each([
    ['another cancellation', () => new Cancellation()],
    ['a signal', () => cancelledBySignal()],
  ])('is cancelled with %s, and cancels nothing outside', (_, make) => {
    const outer = make();
    const source = 'controller' in outer ? outer.controller.signal : outer;
    const inner = new Cancellation(source);
    new Cancellation(source).cancel('within');
    expect(inner.isCancelled).toBe(false);
    outer.cancel('outside');
    expect(inner.reason).toBe('outside');
  });

  test('is not cancelled with the outer one after it is detached', () => {
    const outer = new Cancellation();
    const inner = new Cancellation(outer);
    inner.detach();
    outer.cancel('outside');
    expect(inner.isCancelled).toBe(false);
  });
});

function cancelledBySignal() {
  const controller = new AbortController();
  return { controller, cancel: (reason: unknown) => controller.abort(reason) };
}

function listened() {
  const cancellation = new Cancellation();
  const calls: unknown[] = [];
  const stop = cancellation.onCancel(() => calls.push(cancellation.reason));
  return { cancellation, calls, stop };
}

describe('LazySignal', () => {
  test('makes no signal before somebody looks at it', () => {
    const { context, cancellation } = lazy();
    expect(context.name).toBe('context');
    expect(cancellation.asked).toBe(0);
    expect(context.signal).toBe(cancellation.signal);
  });

  test('gives a copy of the object its signal', () => {
    const { context, cancellation } = lazy();
    const { name, signal } = { ...context };
    expect(name).toBe('context');
    expect(signal).toBe(cancellation.signal);
  });

  test('has one accessor for all objects, since V8 keeps what an accessor of its own refers to', () => {
    const [one, other] = [lazy(), lazy()].map(({ context }) => Object.getOwnPropertyDescriptor(context, 'signal')?.get);
    expect(one).toBeDefined();
    expect(one).toBe(other);
  });

  test('gives what cancels an object without making a signal', () => {
    const { context, cancellation } = lazy();
    expect(LazySignal.getSource(context)).toBe(cancellation);
    expect(cancellation.asked).toBe(0);
  });

  test('gives the signal of a copy, which may be another one', () => {
    const { context } = lazy();
    const { signal } = new AbortController();
    expect(LazySignal.getSource({ ...context, signal })).toBe(signal);
  });
});

class Context extends LazySignal {
  readonly name = 'context';
}

class CountingCancellation extends Cancellation {
  asked = 0;

  override get signal(): AbortSignal {
    this.asked++;
    return super.signal;
  }
}

function lazy() {
  const cancellation = new CountingCancellation();
  return { cancellation, context: new Context(cancellation) };
}
