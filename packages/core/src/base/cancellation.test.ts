import { describe, expect, test } from 'vitest';
import { Cancellation, LazySignal, runUntilCancelled } from './cancellation.ts';

const never: AbortSignal = new AbortController().signal;

test.each([
  ['a value', () => 7, 7],
  ['a promise', async () => 7, 7],
])('settles as work that returns %s', async (_, work, value) => {
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
])('rejects if the work %s', async (_, work) => {
  await expect(runUntilCancelled(never, work)).rejects.toEqual(new Error('broke'));
});

test('rejects immediately with the reason if the work ignores an abort', async () => {
  const controller = new AbortController();
  const left = runUntilCancelled(controller.signal, () => new Promise(() => {}));
  controller.abort('enough');
  await expect(left).rejects.toBe('enough');
});

test('does not start work if the signal is already aborted', async () => {
  const begun: string[] = [];
  await expect(runUntilCancelled(AbortSignal.abort('enough'), () => begun.push('work'))).rejects.toBe('enough');
  expect(begun).toEqual([]);
});

test('a rejection of cancelled work is not unhandled', async () => {
  const controller = new AbortController();
  const work = Promise.withResolvers<never>();
  const left = runUntilCancelled(controller.signal, () => work.promise);
  controller.abort('enough');
  work.reject(new Error('too late to matter'));
  await expect(left).rejects.toBe('enough');
});

test.each(['fulfilled', 'rejected'])('removes its listener from the signal when the work is %s', async (how) => {
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
      value: (...parameters: Parameters<typeof add>) => {
        listeners.add(parameters[1]);
        add(...parameters);
      },
    },
    removeEventListener: {
      value: (...parameters: Parameters<typeof remove>) => {
        listeners.delete(parameters[1]);
        remove(...parameters);
      },
    },
    listening: { get: () => listeners.size },
  }) as AbortSignal & { readonly listening: number };
}

describe('Cancellation', () => {
  test('calls back once, after its reason is set', () => {
    const { cancellation, calls } = listened();
    cancellation.cancel('enough');
    cancellation.cancel('again');
    expect(calls).toEqual(['enough']);
    expect(cancellation.isCancelled).toBe(true);
  });

  test('calls back immediately if it is already cancelled', () => {
    const cancellation = new Cancellation();
    cancellation.cancel('enough');
    const calls: unknown[] = [];
    cancellation.onCancel(() => calls.push(cancellation.reason));
    expect(calls).toEqual(['enough']);
  });

  test('does not call a callback that was removed', () => {
    const { cancellation, calls, stop } = listened();
    stop();
    cancellation.cancel('enough');
    expect(calls).toEqual([]);
  });

  test.each(['before', 'after'])(
    'aborts its signal with its reason if the signal is created %s the cancellation',
    (when) => {
      const cancellation = new Cancellation();
      if (when === 'before') void cancellation.signal;
      cancellation.cancel('enough');
      expect(cancellation.signal.aborted).toBe(true);
      expect(cancellation.signal.reason).toBe('enough');
    },
  );

  test('throws its reason only if it is cancelled', () => {
    const cancellation = new Cancellation();
    cancellation.throwIfCancelled();
    cancellation.cancel(new Error('enough'));
    expect(() => cancellation.throwIfCancelled()).toThrow('enough');
  });

  test.each([
    ['another cancellation', () => new Cancellation()],
    ['a signal', () => cancelledBySignal()],
  ])('is cancelled by %s, and does not cancel it', (_, make) => {
    const outer = make();
    const source = 'controller' in outer ? outer.controller.signal : outer;
    const inner = new Cancellation(source);
    new Cancellation(source).cancel('within');
    expect(inner.isCancelled).toBe(false);
    outer.cancel('outside');
    expect(inner.reason).toBe('outside');
  });

  test('is not cancelled by the outer cancellation after detach', () => {
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
  test('creates its signal when it is first read', () => {
    const { context, cancellation } = lazy();
    expect(context.name).toBe('context');
    expect(cancellation.signalReads).toBe(0);
    expect(context.signal).toBe(cancellation.signal);
  });

  test('a copy of the object has the same signal', () => {
    const { context, cancellation } = lazy();
    const { name, signal } = { ...context };
    expect(name).toBe('context');
    expect(signal).toBe(cancellation.signal);
  });

  test('all instances share one accessor, because V8 keeps what a separate accessor refers to', () => {
    const [one, other] = [lazy(), lazy()].map(({ context }) => Object.getOwnPropertyDescriptor(context, 'signal')?.get);
    expect(one).toBeDefined();
    expect(one).toBe(other);
  });

  test('returns the source of an object without creating its signal', () => {
    const { context, cancellation } = lazy();
    expect(LazySignal.getSource(context)).toBe(cancellation);
    expect(cancellation.signalReads).toBe(0);
  });

  test('returns the signal of a copy, which can be another one', () => {
    const { context } = lazy();
    const { signal } = new AbortController();
    expect(LazySignal.getSource({ ...context, signal })).toBe(signal);
  });
});

class Context extends LazySignal {
  readonly name = 'context';
}

class CountingCancellation extends Cancellation {
  signalReads = 0;

  override get signal(): AbortSignal {
    this.signalReads++;
    return super.signal;
  }
}

function lazy() {
  const cancellation = new CountingCancellation();
  return { cancellation, context: new Context(cancellation) };
}
