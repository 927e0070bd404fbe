import type { Step } from '@pawl/core/host';
import { expectEqual, expectRejection } from './expect.ts';
import { APPROVE, type CaseBody, COMPLETED, claimRun, createRecord, createStep, resumeRun, SUSPENDED } from './kit.ts';

/** Recording of steps; claim and release of runs. */
export const stepCases: Readonly<Record<string, CaseBody>> = {
  'runs a step once per run and replays its value afterwards': async ({ host }) => {
    const journal: string[] = [];
    const createLoggedStep = (name: string, value: string): Step<string> => ({
      ...createStep(name, value),
      work: async () => {
        journal.push(`did ${name}`);
        return value;
      },
      onRecorded: (recorded, { replayed }) => journal.push(`recorded ${recorded}, ${replayed ? 'replayed' : 'new'}`),
    });
    const first = await host.start(createRecord('run'));
    expectEqual(await first.step(createLoggedStep('model:1', 'a')), 'a', 'A step resolves to the value of its work.');
    expectEqual(
      await first.step(createLoggedStep('model:1', 'other')),
      'a',
      'A recorded step resolves to its recorded value.',
    );
    const stepRunner = await resumeRun(host, 'run');
    expectEqual(
      await stepRunner.step(createLoggedStep('model:1', 'again')),
      'a',
      'The next attempt replays the recorded value.',
    );
    expectEqual(await stepRunner.step(createLoggedStep('model:2', 'b')), 'b', 'A step without a recorded value runs.');
    const expectedJournal = [
      'did model:1',
      'recorded a, new',
      'recorded a, replayed',
      'recorded a, replayed',
      'did model:2',
      'recorded b, new',
    ];
    expectEqual(journal, expectedJournal, '`onRecorded` gets a new value once, and a replayed value afterwards.');
  },

  'runs a rejected step again': async ({ host }) => {
    const first = await host.start(createRecord('run'));
    const away = new Error('away');
    const rejecting = createStep('model:1', 'a', { work: () => Promise.reject(away) });
    const [settled] = await Promise.allSettled([first.step(rejecting)]);
    const came = settled.status === 'rejected' ? String(settled.reason) : 'it resolved';
    expectEqual(came.includes('away'), true, `The rejection is passed on; it was: ${came}`);
    expectEqual(await first.step(createStep('model:1', 'a')), 'a', 'A rejected step runs again.');
    const stepRunner = await resumeRun(host, 'run');
    expectEqual(await stepRunner.step(createStep('model:1', 'b')), 'a', 'The value of the second try is recorded.');
  },

  'returns values unchanged, however large or unusual': async ({ host }) => {
    const value = { text: 'ä🦊\u0000\ud800"\\\n'.repeat(20_000), list: [null, true, 0.1, { '': [] }] };
    const stepRunner = await host.start(createRecord('run'));
    await stepRunner.step(createStep('model:1', value));
    expectEqual(
      await stepRunner.step(createStep<unknown>('model:1', 'b')),
      value,
      'The same attempt gets the value unchanged.',
    );
    const next = await resumeRun(host, 'run');
    expectEqual(
      await next.step(createStep<unknown>('model:1', 'b')),
      value,
      'The next attempt gets the value unchanged.',
    );
  },

  'gives each attempt a unique name and keeps the record': async ({ host }) => {
    const limits = { turns: Number.POSITIVE_INFINITY, cost: 0.5 };
    const given = { ...createRecord('run'), instructions: 'Be kind.', limits };
    const first = await host.start(given);
    await host.release('run', undefined);
    const second = await claimRun(host, 'run');
    await host.release('run', undefined);
    const third = await claimRun(host, 'run');
    const names = new Set([first.attempt, second.stepRunner.attempt, third.stepRunner.attempt]);
    expectEqual(names.size, 3, 'Each attempt has a unique name.');
    expectEqual([second.record, third.record], [given, given], 'The record is unchanged.');
  },

  'keeps the steps of runs apart': async ({ host }) => {
    const one = await host.start(createRecord('one'));
    const other = await host.start(createRecord('other'));
    await one.step(createStep('model:1', 'a'));
    expectEqual(await other.step(createStep('model:1', 'b')), 'b', 'A step belongs to its run only.');
  },

  'returns the outcome of a finished run': async ({ host }) => {
    await host.start(createRecord('run'));
    await host.release('run', COMPLETED);
    const ended = { type: 'finished', record: createRecord('run'), outcome: COMPLETED };
    expectEqual(await host.claim('run'), ended, 'A finished run cannot be claimed.');
    expectEqual(await host.claim('run'), ended, 'Every claim gives the same result.');
    await expectRejection(
      host.start(createRecord('run')),
      'run.exists',
      'The id of a finished run cannot be used again.',
    );
  },

  'continues a suspended or released run': async ({ host }) => {
    const first = await host.start(createRecord('run'));
    await first.step(createStep('model:1', 'a'));
    await host.release('run', SUSPENDED);
    const second = await claimRun(host, 'run');
    expectEqual(second.attempt ?? 2, 2, 'The attempt has its number.');
    const third = await resumeRun(host, 'run');
    expectEqual(await third.step(createStep('model:1', 'b')), 'a', 'The recorded step is replayed.');
  },

  'reports a claimed run as busy': async ({ host }) => {
    await host.start(createRecord('run'));
    expectEqual(
      await host.claim('run'),
      { type: 'busy', record: createRecord('run') },
      'A run has one worker at most.',
    );
  },

  'leaves a run unchanged if accept throws': async ({ host }) => {
    await host.start(createRecord('run'));
    await host.release('run', undefined);
    const refusal = new Error('Not mine.');
    const accept = (): never => {
      throw refusal;
    };
    const [settled] = await Promise.allSettled([host.claim('run', { accept })]);
    expectEqual(
      settled.status === 'rejected' && settled.reason === refusal,
      true,
      'The error of `accept` is passed on.',
    );
    expectEqual((await host.claim('run')).type, 'claimed', 'The run can be claimed.');
  },

  'copies records and values, so later mutation changes nothing': async ({ host }) => {
    const order = { id: 7 };
    const value: { path: string } = { path: '/tmp/a' };
    const first = await host.start({ ...createRecord('run'), metadata: { order } });
    await first.step(createStep('check:1.0', value));
    await host.release('run', SUSPENDED);
    order.id = 8;
    value.path = '/etc/passwd';
    const opened = await claimRun(host, 'run');
    expectEqual(opened.record.metadata, { order: { id: 7 } }, 'The record is a copy.');
    const createLoggedStep = await opened.stepRunner.step(createStep('check:1.0', value));
    expectEqual(createLoggedStep, { path: '/tmp/a' }, 'The recorded value is a copy.');
  },

  'rejects unknown runs and duplicate ids': async ({ host }) => {
    await host.start(createRecord('run'));
    await expectRejection(host.start(createRecord('run')), 'run.exists', 'An id is used once.');
    await expectRejection(host.claim('other'), 'run.unknown', 'An unknown run cannot be claimed.');
    await expectRejection(host.getRun('other'), 'run.unknown', 'An unknown run cannot be read.');
    await expectRejection(host.cancel('other'), 'run.unknown', 'An unknown run cannot be cancelled.');
    const answer = host.answer('other', 'approval:1.0', APPROVE);
    await expectRejection(answer, 'run.unknown', 'An unknown run cannot be answered.');
    const sent = host.sendMessage('run', { role: 'user', content: 'Hi.' });
    await expectRejection(sent, 'run.not_waiting', 'A run without a pending call takes no message.');
  },
};
