import { expect, test } from 'vitest';
import { LazySignal } from './lazy-signal.ts';

class Context extends LazySignal {
  readonly name = 'context';
}

function setting() {
  const { signal } = new AbortController();
  let asked = 0;
  const source = {
    aborted: false,
    reason: undefined,
    onAbort: () => () => undefined,
    get signal() {
      asked++;
      return signal;
    },
  };
  return { signal, source, context: new Context(source), asked: () => asked };
}

test('a signal is asked for when somebody looks at it, and not before', () => {
  const { signal, context, asked } = setting();
  expect([context.name, asked()]).toEqual(['context', 0]);
  expect([context.signal === signal, asked()]).toEqual([true, 1]);
});

test('a copy of the object has its signal', () => {
  const { signal, context } = setting();
  const { name, signal: taken } = { ...context };
  expect([name, taken === signal]).toEqual(['context', true]);
});

test('all of them share one accessor, since V8 keeps what an accessor of its own refers to', () => {
  const accessors = [setting(), setting()].map(
    ({ context }) => Object.getOwnPropertyDescriptor(context, 'signal')?.get,
  );
  expect(new Set(accessors).size).toBe(1);
});

test('its abort is heard of without a signal; a copy may have another signal, which counts', () => {
  const { source, context, asked } = setting();
  expect([LazySignal.sourceOf(context) === source, asked()]).toEqual([true, 0]);
  const { signal } = new AbortController();
  expect(LazySignal.sourceOf({ ...context, signal })).toBe(signal);
});
