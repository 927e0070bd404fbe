import type { Step } from '@pawl/core/host';
import { refuses, same } from './expect.ts';
import { APPROVE, type Body, COMPLETED, held, record, resumed, SUSPENDED, step } from './kit.ts';

/** Steps are remembered, and runs are opened and released. */
export const stepCases: Readonly<Record<string, Body>> = {
  'a step is done once in the life of a run, and told each time it is met': async ({ host }) => {
    const journal: string[] = [];
    const kept = (name: string, value: string): Step<string> => ({
      ...step(name, value),
      work: async () => {
        journal.push(`did ${name}`);
        return value;
      },
      onRecorded: (told, { replayed }) => journal.push(`told ${told}, ${replayed ? 'replayed' : 'new'}`),
    });
    const first = await host.start(record('run'));
    same(await first.step(kept('model:1', 'a')), 'a', 'A step gives what its work gave.');
    same(await first.step(kept('model:1', 'other')), 'a', 'A step that is done gives what it gave.');
    const stepRunner = await resumed(host, 'run');
    same(
      await stepRunner.step(kept('model:1', 'again')),
      'a',
      'A step that is done is remembered by the next attempt.',
    );
    same(await stepRunner.step(kept('model:2', 'b')), 'b', 'A step that nobody did is done.');
    const told = ['did model:1', 'told a, new', 'told a, replayed', 'told a, replayed', 'did model:2', 'told b, new'];
    same(journal, told, 'A step is told as new once it is kept, and as replayed from then on.');
  },

  'a step that rejects is not remembered, and is done again': async ({ host }) => {
    const first = await host.start(record('run'));
    const away = new Error('away');
    const rejecting = step('model:1', 'a', { work: () => Promise.reject(away) });
    const [settled] = await Promise.allSettled([first.step(rejecting)]);
    const came = settled.status === 'rejected' ? String(settled.reason) : 'it resolved';
    same(came.includes('away'), true, `What a step rejects with is passed on; it was: ${came}`);
    same(await first.step(step('model:1', 'a')), 'a', 'A step that rejected is done again.');
    const stepRunner = await resumed(host, 'run');
    same(await stepRunner.step(step('model:1', 'b')), 'a', 'What it gave then is remembered.');
  },

  'values come back as they were, however large or odd': async ({ host }) => {
    const value = { text: 'ä🦊\u0000\ud800"\\\n'.repeat(20_000), list: [null, true, 0.1, { '': [] }] };
    const stepRunner = await host.start(record('run'));
    await stepRunner.step(step('model:1', value));
    same(await stepRunner.step(step<unknown>('model:1', 'b')), value, 'A value is what it was, in the same attempt.');
    const next = await resumed(host, 'run');
    same(await next.step(step<unknown>('model:1', 'b')), value, 'A value is what it was, in the next attempt.');
  },

  'each attempt at a run has another name, and its record stays': async ({ host }) => {
    const limits = { turns: Number.POSITIVE_INFINITY, cost: 0.5 };
    const given = { ...record('run'), instructions: 'Be kind.', limits };
    const first = await host.start(given);
    await host.release('run', undefined);
    const second = await held(host, 'run');
    await host.release('run', undefined);
    const third = await held(host, 'run');
    const names = new Set([first.attempt, second.stepRunner.attempt, third.stepRunner.attempt]);
    same(names.size, 3, 'Each attempt has a name of its own.');
    same([second.record, third.record], [given, given], 'The record of a run is what it was.');
  },

  'runs know nothing of each other': async ({ host }) => {
    const one = await host.start(record('one'));
    const other = await host.start(record('other'));
    await one.step(step('model:1', 'a'));
    same(await other.step(step('model:1', 'b')), 'b', 'A step of another run is not this one.');
  },

  'a run that has ended gives its outcome': async ({ host }) => {
    await host.start(record('run'));
    await host.release('run', COMPLETED);
    const ended = { type: 'finished', record: record('run'), outcome: COMPLETED };
    same(await host.claim('run'), ended, 'A run that has ended is not taken.');
    same(await host.claim('run'), ended, 'However often it is opened.');
    await refuses(host.start(record('run')), 'run.exists', 'A run that has ended is not started anew.');
  },

  'a run that is suspended, or was given up, goes on': async ({ host }) => {
    const first = await host.start(record('run'));
    await first.step(step('model:1', 'a'));
    await host.release('run', SUSPENDED);
    await held(host, 'run');
    const third = await resumed(host, 'run');
    same(await third.step(step('model:1', 'b')), 'a', 'What it did is remembered.');
  },

  'a run that somebody works on is at work elsewhere for everybody else': async ({ host }) => {
    await host.start(record('run'));
    same(await host.claim('run'), { type: 'busy', record: record('run') }, 'Two never work on the same run.');
  },

  'a run that is looked at and not accepted stays as it is': async ({ host }) => {
    await host.start(record('run'));
    await host.release('run', undefined);
    const refusal = new Error('Not mine.');
    const accept = (): never => {
      throw refusal;
    };
    const [settled] = await Promise.allSettled([host.claim('run', { accept })]);
    same(settled.status === 'rejected' && settled.reason === refusal, true, 'What `accept` throws is thrown as it is.');
    same((await host.claim('run')).type, 'claimed', 'A run that was not accepted can be taken.');
  },

  'what is held of a suspended run changes nothing in it': async ({ host }) => {
    const order = { id: 7 };
    const value: { path: string } = { path: '/tmp/a' };
    const first = await host.start({ ...record('run'), metadata: { order } });
    await first.step(step('check:1.0', value));
    await host.release('run', SUSPENDED);
    order.id = 8;
    value.path = '/etc/passwd';
    const opened = await held(host, 'run');
    same(opened.record.metadata, { order: { id: 7 } }, 'The record is a copy.');
    const kept = await opened.stepRunner.step(step('check:1.0', value));
    same(kept, { path: '/tmp/a' }, 'What was remembered is a copy.');
  },

  'what there is not, or is already, is refused': async ({ host }) => {
    await host.start(record('run'));
    await refuses(host.start(record('run')), 'run.exists', 'No run is started twice.');
    await refuses(host.claim('other'), 'run.unknown', 'A run that nobody started can’t be opened.');
    await refuses(host.getRun('other'), 'run.unknown', 'A run that nobody started can’t be read.');
    await refuses(host.cancel('other'), 'run.unknown', 'A run that nobody started can’t be cancelled.');
    const answer = host.answer('other', 'approval:1.0', APPROVE);
    await refuses(answer, 'run.unknown', 'A run that nobody started can’t be answered.');
    const sent = host.sendMessage('run', { role: 'user', content: 'Hi.' });
    await refuses(sent, 'run.not_waiting', 'A run that waits for nothing takes no message.');
  },
};
