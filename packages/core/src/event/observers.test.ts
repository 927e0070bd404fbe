import { expect, test } from 'vitest';
import type { RunEvent } from './event.ts';
import type { ListenerFailed } from './notice.ts';
import { Observers } from './observers.ts';

test('a listener hears its type, one of "*" hears everything, in order', () => {
  const { observers } = watched();
  const heard: string[] = [];
  observers.add('model.text', ({ delta }) => heard.push(`text ${delta}`));
  observers.add('*', ({ type, seq }) => heard.push(`${seq} ${type}`));
  observers.tell(text(1, 'a'));
  observers.tell(discarded(2));
  expect(heard).toEqual(['text a', '1 model.text', '2 model.discarded']);
});

test('a listener that was removed hears nothing more, the others do', () => {
  const { observers } = watched();
  const heard: string[] = [];
  const first = ({ delta }: { readonly delta: string }) => heard.push(`first ${delta}`);
  observers.add('model.text', first);
  observers.add('model.text', ({ delta }) => heard.push(`second ${delta}`));
  observers.remove('model.text', first);
  observers.remove('model.text', () => 'never added');
  observers.tell(text(1, 'a'));
  expect(heard).toEqual(['second a']);
});

test('a listener that throws is told of once, and hurts nobody', () => {
  const { observers, failures } = watched();
  const heard: string[] = [];
  observers.add('model.text', () => {
    throw new Error('broke');
  });
  observers.add('model.text', ({ delta }) => heard.push(delta));
  observers.tell(text(1, 'a'));
  observers.tell(text(2, 'b'));
  expect(heard).toEqual(['a', 'b']);
  expect(failures).toEqual([failed('model.text', 'broke')]);
});

test('a listener that rejects is told of once', async () => {
  const { observers, failures } = watched();
  observers.add('*', async () => {
    throw new Error('broke later');
  });
  observers.tell(text(1, 'a'));
  observers.tell(discarded(2));
  await settled();
  expect(failures).toEqual([failed('model.text', 'broke later')]);
});

test('each listener that fails is told of by itself, one that is added twice once', () => {
  const { observers, failures } = watched();
  const broken = (): never => {
    throw new Error('first');
  };
  observers.add('model.text', broken);
  observers.add('model.discarded', broken);
  observers.add('model.discarded', () => {
    throw new Error('second');
  });
  observers.tell(text(1, 'a'));
  observers.tell(discarded(2));
  expect(failures).toEqual([failed('model.text', 'first'), failed('model.discarded', 'second')]);
});

test('what a listener brings about is told when everybody has heard what it was told', () => {
  const { observers } = watched();
  const heard: string[] = [];
  observers.add('model.text', ({ seq }) => {
    heard.push(`first ${seq}`);
    if (seq < 3) observers.tell(text(seq + 1, 'again'));
  });
  observers.add('model.text', ({ seq }) => heard.push(`second ${seq}`));
  observers.tell(text(1, 'a'));
  expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'first 3', 'second 3']);
});

test('an event is of use where somebody listens to it, or to everything', () => {
  const { observers } = watched();
  const listener = (): void => {};
  const answers = () => [
    observers.wants('model.text'),
    observers.hears('model.text'),
    observers.wants('model.discarded'),
    observers.hears('model.discarded'),
  ];
  expect(answers()).toEqual([false, false, false, false]);
  observers.add('model.text', listener);
  expect(answers()).toEqual([true, true, false, false]);
  observers.add('*', listener);
  expect(answers()).toEqual([true, true, true, false]);
  observers.remove('model.text', listener);
  observers.remove('*', listener);
  expect(answers()).toEqual([false, false, false, false]);
});

const stamp = { runId: 'run', path: '', agent: 'agent', at: 0, turn: 1, attempt: 1 } as const;

function text(seq: number, delta: string): RunEvent {
  return { type: 'model.text', seq, delta, ...stamp };
}

function discarded(seq: number): RunEvent {
  return { type: 'model.discarded', seq, ...stamp };
}

function failed(event: string, message: string): ListenerFailed {
  return { type: 'listener.failed', event, error: { name: 'Error', message, stack: expect.any(String) } };
}

function watched() {
  const failures: ListenerFailed[] = [];
  return { failures, observers: new Observers((notice) => failures.push(notice)) };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
