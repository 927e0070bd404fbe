import { expect, test } from 'vitest';
import type { RunEvent } from './event.ts';
import type { ListenerFailedEvent } from './live-event.ts';
import { Observers } from './observers.ts';

test('a listener hears its type, one of "*" hears everything, in order', () => {
  const { observers } = watched();
  const heard: string[] = [];
  observers.add('text.delta', ({ delta }) => heard.push(`text ${delta}`));
  observers.add('*', ({ type, seq }) => heard.push(`${seq} ${type}`));
  observers.emit(text(1, 'a'));
  observers.emit(discarded(2));
  expect(heard).toEqual(['text a', '1 text.delta', '2 attempt.discarded']);
});

test('a listener that was removed hears nothing more, the others do', () => {
  const { observers } = watched();
  const heard: string[] = [];
  const first = ({ delta }: { readonly delta: string }) => heard.push(`first ${delta}`);
  observers.add('text.delta', first);
  observers.add('text.delta', ({ delta }) => heard.push(`second ${delta}`));
  observers.remove('text.delta', first);
  observers.remove('text.delta', () => 'never added');
  observers.emit(text(1, 'a'));
  expect(heard).toEqual(['second a']);
});

test('a listener that throws is told of once, and hurts nobody', () => {
  const { observers, failures } = watched();
  const heard: string[] = [];
  observers.add('text.delta', () => {
    throw new Error('broke');
  });
  observers.add('text.delta', ({ delta }) => heard.push(delta));
  observers.emit(text(1, 'a'));
  observers.emit(text(2, 'b'));
  expect(heard).toEqual(['a', 'b']);
  expect(failures).toEqual([failed('text.delta', 'broke')]);
});

test('a listener that rejects is told of once', async () => {
  const { observers, failures } = watched();
  observers.add('*', async () => {
    throw new Error('broke later');
  });
  observers.emit(text(1, 'a'));
  observers.emit(discarded(2));
  await settled();
  expect(failures).toEqual([failed('text.delta', 'broke later')]);
});

test('each listener that fails is told of by itself, one that is added twice once', () => {
  const { observers, failures } = watched();
  const broken = (): never => {
    throw new Error('first');
  };
  observers.add('text.delta', broken);
  observers.add('attempt.discarded', broken);
  observers.add('attempt.discarded', () => {
    throw new Error('second');
  });
  observers.emit(text(1, 'a'));
  observers.emit(discarded(2));
  expect(failures).toEqual([failed('text.delta', 'first'), failed('attempt.discarded', 'second')]);
});

test('what a listener brings about is told when everybody has heard what it was told', () => {
  const { observers } = watched();
  const heard: string[] = [];
  observers.add('text.delta', ({ seq }) => {
    heard.push(`first ${seq}`);
    if (seq < 3) observers.emit(text(seq + 1, 'again'));
  });
  observers.add('text.delta', ({ seq }) => heard.push(`second ${seq}`));
  observers.emit(text(1, 'a'));
  expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'first 3', 'second 3']);
});

test('an event is of use where somebody listens to it, or to everything', () => {
  const { observers } = watched();
  const listener = (): void => {};
  const answers = () => [
    observers.isObserved('text.delta'),
    observers.hasListener('text.delta'),
    observers.isObserved('attempt.discarded'),
    observers.hasListener('attempt.discarded'),
  ];
  expect(answers()).toEqual([false, false, false, false]);
  observers.add('text.delta', listener);
  expect(answers()).toEqual([true, true, false, false]);
  observers.add('*', listener);
  expect(answers()).toEqual([true, true, true, false]);
  observers.remove('text.delta', listener);
  observers.remove('*', listener);
  expect(answers()).toEqual([false, false, false, false]);
});

const stamp = { runId: 'run', path: '', agent: 'agent', at: 0, turn: 1, attempt: 1 } as const;

function text(seq: number, delta: string): RunEvent {
  return { type: 'text.delta', seq, delta, ...stamp };
}

function discarded(seq: number): RunEvent {
  return { type: 'attempt.discarded', seq, ...stamp };
}

function failed(event: string, message: string): ListenerFailedEvent {
  return { type: 'listener.failed', event, error: { name: 'Error', message, stack: expect.any(String) } };
}

function watched() {
  const failures: ListenerFailedEvent[] = [];
  return { failures, observers: new Observers((notice) => failures.push(notice)) };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
