import { expect, test } from 'vitest';
import type { RunEvent } from './event.ts';
import type { ListenerFailedEvent } from './live-event.ts';
import { Observers } from './observers.ts';

test('a listener gets events of its type, a "*" listener gets all events in order', () => {
  const { observers } = watched();
  const received: string[] = [];
  observers.add('text.delta', ({ delta }) => received.push(`text ${delta}`));
  observers.add('*', ({ type, seq }) => received.push(`${seq} ${type}`));
  observers.emit(text(1, 'a'));
  observers.emit(discarded(2));
  expect(received).toEqual(['text a', '1 text.delta', '2 attempt.discarded']);
});

test('a removed listener gets no more events, the others do', () => {
  const { observers } = watched();
  const received: string[] = [];
  const first = ({ delta }: { readonly delta: string }) => received.push(`first ${delta}`);
  observers.add('text.delta', first);
  observers.add('text.delta', ({ delta }) => received.push(`second ${delta}`));
  observers.remove('text.delta', first);
  observers.remove('text.delta', () => 'never added');
  observers.emit(text(1, 'a'));
  expect(received).toEqual(['second a']);
});

test('a listener that throws is reported once and does not affect others', () => {
  const { observers, failures } = watched();
  const received: string[] = [];
  observers.add('text.delta', () => {
    throw new Error('broke');
  });
  observers.add('text.delta', ({ delta }) => received.push(delta));
  observers.emit(text(1, 'a'));
  observers.emit(text(2, 'b'));
  expect(received).toEqual(['a', 'b']);
  expect(failures).toEqual([failed('text.delta', 'broke')]);
});

test('a listener that rejects is reported once', async () => {
  const { observers, failures } = watched();
  observers.add('*', async () => {
    throw new Error('broke later');
  });
  observers.emit(text(1, 'a'));
  observers.emit(discarded(2));
  await settled();
  expect(failures).toEqual([failed('text.delta', 'broke later')]);
});

test('each failed listener is reported separately, a listener for two types once', () => {
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

test('an event that a listener causes is emitted after all listeners got the current one', () => {
  const { observers } = watched();
  const received: string[] = [];
  observers.add('text.delta', ({ seq }) => {
    received.push(`first ${seq}`);
    if (seq < 3) observers.emit(text(seq + 1, 'again'));
  });
  observers.add('text.delta', ({ seq }) => received.push(`second ${seq}`));
  observers.emit(text(1, 'a'));
  expect(received).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'first 3', 'second 3']);
});

test('an event is observed if its type or "*" has a listener', () => {
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
