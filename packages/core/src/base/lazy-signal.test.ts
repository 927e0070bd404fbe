import { expect, test } from 'vitest';
import { LazySignal } from './lazy-signal.ts';

class Context extends LazySignal {
  readonly name = 'context';
}

function setting() {
  const { signal } = new AbortController();
  let asked = 0;
  const source = {
    get signal() {
      asked++;
      return signal;
    },
  };
  return { signal, context: new Context(source), asked: () => asked };
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
