import type { Answer } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import type { WaitOptions, WaitResult } from '@pawl/core/host';
import { expectEqual, expectRejection } from './expect.ts';
import {
  APPROVAL,
  APPROVE,
  APPROVED,
  type CaseBody,
  type CaseSetup,
  COMPLETED,
  createRecord,
  PARKED,
  resumeRun,
} from './kit.ts';

const hello: UserMessage = { role: 'user', content: 'Stop that.' };

type Wait = (name?: string, options?: Partial<WaitOptions>) => Promise<WaitResult<unknown>>;

async function startWaitingRun({ host }: CaseSetup): Promise<Wait> {
  const stepRunner = await host.start(createRecord('run'));
  return (name = 'approval:1.0', options = {}) => stepRunner.waitFor(name, { ...APPROVAL, ...options });
}

/** Answers and messages to a run that waits. */
export const waitCases: Readonly<Record<string, CaseBody>> = {
  'accepts one answer to a pending call and records it': async (stage) => {
    const wait = await startWaitingRun(stage);
    const answers: readonly Answer[] = [
      APPROVE,
      { type: 'deny', fingerprint: 'f', reason: 'Too dear.' },
      { type: 'edit', fingerprint: 'f', arguments: { amount: 5 } },
    ];
    for (const [index, answer] of answers.entries()) {
      const name = `approval:1.${index}`;
      expectEqual(await wait(name), PARKED, 'The call is pending.');
      await stage.host.answer('run', name, answer);
      expectEqual(await wait(name), { type: 'answered', value: answer }, 'The wait resolves to the answer.');
      expectEqual(await wait(name), { type: 'answered', value: answer }, 'The wait resolves to the answer every time.');
      await expectRejection(stage.host.answer('run', name, APPROVE), 'approval.used', 'A call accepts one answer.');
    }
    const next = await resumeRun(stage.host, 'run');
    const result = await next.waitFor('approval:1.0', APPROVAL);
    expectEqual(result, APPROVED, 'The next attempt gets the same answer.');
  },

  'records who answered or wrote, whatever the answer itself says': async (stage) => {
    const wait = await startWaitingRun(stage);
    const { host } = stage;
    for (const name of ['approval:1.0', 'approval:1.1', 'approval:1.2']) await wait(name);
    await host.answer('run', 'approval:1.0', APPROVE, { by: 'ada' });
    const forged = { ...APPROVE, by: 'the boss' };
    await host.answer('run', 'approval:1.1', forged);
    await host.sendMessage('run', hello, { by: 'bob' });
    const expected = [
      { ...APPROVED, by: 'ada' },
      { type: 'answered', value: forged },
      { type: 'answered', value: { type: 'interrupt', message: hello }, by: 'bob' },
    ];
    const names = ['approval:1.0', 'approval:1.1', 'approval:1.2'];
    expectEqual(await Promise.all(names.map((name) => wait(name))), expected, 'The wait has who answered.');
    const next = await resumeRun(host, 'run');
    const results = await Promise.all(names.map((name) => next.waitFor(name, APPROVAL)));
    expectEqual(results, expected, 'The next attempt gets the same.');
    const wrong = host.answer('run', 'approval:1.0', APPROVE, { by: '' });
    await expectRejection(wrong, 'config.invalid', '`by` must be storable text.');
  },

  'accepts exactly one of 20 concurrent answers': async (stage) => {
    const wait = await startWaitingRun(stage);
    await wait();
    const answers = Array.from({ length: 20 }, (_, at): Answer => ({ ...APPROVE, type: 'deny', reason: `${at}` }));
    const settled = await Promise.allSettled(answers.map((answer) => stage.host.answer('run', 'approval:1.0', answer)));
    const taken = answers.filter((_, index) => settled[index]?.status === 'fulfilled');
    expectEqual(taken.length, 1, 'Exactly one answer is accepted.');
    expectEqual(await wait(), { type: 'answered', value: taken[0] }, 'The accepted answer is recorded.');
  },

  'copies an answer': async (stage) => {
    const wait = await startWaitingRun(stage);
    const given = { amount: 5 };
    await wait();
    await stage.host.answer('run', 'approval:1.0', { type: 'edit', fingerprint: 'f', arguments: given });
    given.amount = 5_000;
    const value = { type: 'edit', fingerprint: 'f', arguments: { amount: 5 } };
    expectEqual(await wait(), { type: 'answered', value }, 'An answer is a copy.');
  },

  'rejects an answer that does not match a pending call': async (stage) => {
    const wait = await startWaitingRun(stage);
    await wait();
    const { host } = stage;
    await expectRejection(host.answer('run', 'approval:9.9', APPROVE), 'approval.unknown', 'The call must be pending.');
    const other = host.answer('run', 'approval:1.0', { ...APPROVE, fingerprint: 'g' });
    await expectRejection(other, 'approval.mismatch', 'The fingerprint must match.');
    const none = host.answer('run', 'approval:1.0', { type: 'yes', fingerprint: 'f' } as never); // A JavaScript caller is not type-checked.
    await expectRejection(none, 'approval.invalid', 'The type of the answer must be known.');
    const wrongType = host.answer('run', 'approval:1.0', { type: 'result', fingerprint: 'f', value: 1 });
    await expectRejection(wrongType, 'approval.invalid', 'The call must accept the type of the answer.');
    const wrongRole = host.sendMessage('run', { role: 'assistant', content: 'Hi.' } as never);
    await expectRejection(wrongRole, 'config.invalid', 'Only a user message can be sent to a run.');
    expectEqual(await wait(), PARKED, 'The call is pending.');
  },

  'accepts a value that resumes a call, and nothing else for such a call': async (stage) => {
    const wait = await startWaitingRun(stage);
    const { host } = stage;
    const accepts = ['resume', 'deny'] as const;
    expectEqual(await wait('unknown_outcome:1.0:1', { accepts }), PARKED, 'The call is pending.');
    const approval = host.answer('run', 'unknown_outcome:1.0:1', APPROVE);
    await expectRejection(approval, 'approval.invalid', 'A call that needs a value accepts no approval.');
    const empty = host.answer('run', 'unknown_outcome:1.0:1', { type: 'resume', fingerprint: 'f' } as never); // A JavaScript caller is not type-checked.
    await expectRejection(empty, 'approval.invalid', 'The answer must have a value.');
    const value: Answer = { type: 'resume', fingerprint: 'f', value: { code: [5, null] } };
    await host.answer('run', 'unknown_outcome:1.0:1', value);
    const next = await resumeRun(host, 'run');
    const result = await next.waitFor('unknown_outcome:1.0:1', { fingerprint: 'f', accepts });
    expectEqual(result, { type: 'answered', value }, 'The next attempt gets the value.');
  },

  'expires a wait without an answer, for good': async (stage) => {
    const wait = await startWaitingRun(stage);
    const waitWithTimeout = (): Promise<WaitResult<unknown>> => wait('approval:1.0', { timeoutMs: 100 });
    expectEqual(await waitWithTimeout(), PARKED, 'The call is pending.');
    await stage.clock.advance(99);
    expectEqual(await waitWithTimeout(), PARKED, 'The timeout has not passed.');
    await stage.clock.advance(1);
    const late = stage.host.answer('run', 'approval:1.0', APPROVE);
    await expectRejection(late, 'approval.expired', 'A late answer is rejected.');
    expectEqual(await waitWithTimeout(), { type: 'expired' }, 'The wait has expired.');
    expectEqual(await waitWithTimeout(), { type: 'expired' }, 'The wait stays expired.');
  },

  'accepts an answer in time, however late the run asks for it': async (stage) => {
    const wait = await startWaitingRun(stage);
    await wait('approval:1.0', { timeoutMs: 100 });
    await stage.clock.advance(50);
    await stage.host.answer('run', 'approval:1.0', APPROVE);
    await stage.clock.advance(5_000);
    const result = await wait('approval:1.0', { timeoutMs: 100 });
    expectEqual(result, APPROVED, 'The answer was in time.');
  },

  'keeps a wait expired after a user message and after a clock set back': async (stage) => {
    const wait = await startWaitingRun(stage);
    const { host, clock } = stage;
    await wait('approval:1.0', { timeoutMs: 100 });
    await wait('approval:1.1');
    await clock.advance(100);
    await wait('approval:1.0', { timeoutMs: 100 });
    await host.sendMessage('run', hello);
    stage.setClockBack(90);
    expectEqual(await wait('approval:1.0', { timeoutMs: 100 }), { type: 'expired' }, 'The wait stays expired.');
    await expectRejection(
      host.answer('run', 'approval:1.0', APPROVE),
      'approval.expired',
      'An expired wait accepts no answer.',
    );
    expectEqual((await wait('approval:1.1')).type, 'answered', 'The other call is interrupted.');
  },

  'interrupts every pending call when the user writes, and keeps given answers': async (stage) => {
    const wait = await startWaitingRun(stage);
    const { host } = stage;
    const names = ['approval:1.0', 'approval:1.1', 'approval:1.2'];
    for (const name of names) await wait(name);
    await host.answer('run', 'approval:1.1', APPROVE);
    await host.sendMessage('run', hello);
    const interrupted = { type: 'answered', value: { type: 'interrupt', message: hello } };
    const result = await Promise.all(names.map((name) => wait(name)));
    expectEqual(result, [interrupted, APPROVED, interrupted], 'A message interrupts every unanswered call.');
    await expectRejection(host.sendMessage('run', hello), 'run.not_waiting', 'No call is pending.');
  },

  'rejects an answer and a message to a finished run': async (stage) => {
    const wait = await startWaitingRun(stage);
    const { host } = stage;
    await wait();
    await host.release('run', COMPLETED);
    await expectRejection(host.answer('run', 'approval:1.0', APPROVE), 'approval.ended', 'The run has finished.');
    await expectRejection(host.sendMessage('run', hello), 'run.not_waiting', 'The run has finished.');
  },
};
