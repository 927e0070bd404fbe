import type { Answer } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import type { WaitOptions, WaitResult } from '@pawl/core/host';
import { refuses, same } from './expect.ts';
import { APPROVAL, APPROVE, APPROVED, type Body, COMPLETED, PARKED, record, resumed, type Stage } from './kit.ts';

const hello: UserMessage = { role: 'user', content: 'Stop that.' };

type Wait = (name?: string, options?: Partial<WaitOptions>) => Promise<WaitResult<unknown>>;

async function waiting({ host }: Stage): Promise<Wait> {
  const stepRunner = await host.start(record('run'));
  return (name = 'approval:1.0', options = {}) => stepRunner.waitFor(name, { ...APPROVAL, ...options });
}

/** Words from outside. */
export const waitCases: Readonly<Record<string, Body>> = {
  'a call that waits is answered once, and that is remembered': async (stage) => {
    const wait = await waiting(stage);
    const answers: readonly Answer[] = [
      APPROVE,
      { type: 'deny', fingerprint: 'f', reason: 'Too dear.' },
      { type: 'edit', fingerprint: 'f', arguments: { amount: 5 } },
    ];
    for (const [index, answer] of answers.entries()) {
      const name = `approval:1.${index}`;
      same(await wait(name), PARKED, 'Nothing was said yet.');
      await stage.host.answer('run', name, answer);
      same(await wait(name), { type: 'answered', value: answer }, 'The run is told the answer.');
      same(await wait(name), { type: 'answered', value: answer }, 'Each time it asks.');
      await refuses(stage.host.answer('run', name, APPROVE), 'approval.used', 'A call is answered once.');
    }
    const next = await resumed(stage.host, 'run');
    const told = await next.waitFor('approval:1.0', APPROVAL);
    same(told, APPROVED, 'The next attempt is told the same.');
  },

  'of 20 answers at once exactly one is taken': async (stage) => {
    const wait = await waiting(stage);
    await wait();
    const answers = Array.from({ length: 20 }, (_, at): Answer => ({ ...APPROVE, type: 'deny', reason: `${at}` }));
    const settled = await Promise.allSettled(answers.map((answer) => stage.host.answer('run', 'approval:1.0', answer)));
    const taken = answers.filter((_, index) => settled[index]?.status === 'fulfilled');
    same(taken.length, 1, 'Exactly one answer is taken.');
    same(await wait(), { type: 'answered', value: taken[0] }, 'That one is the answer.');
  },

  'an answer is not changed by whoever gave it': async (stage) => {
    const wait = await waiting(stage);
    const given = { amount: 5 };
    await wait();
    await stage.host.answer('run', 'approval:1.0', { type: 'edit', fingerprint: 'f', arguments: given });
    given.amount = 5_000;
    const value = { type: 'edit', fingerprint: 'f', arguments: { amount: 5 } };
    same(await wait(), { type: 'answered', value }, 'An answer is a copy.');
  },

  'an answer for something else approves nothing': async (stage) => {
    const wait = await waiting(stage);
    await wait();
    const { host } = stage;
    await refuses(host.answer('run', 'approval:9.9', APPROVE), 'approval.unknown', 'The call has to wait.');
    const other = host.answer('run', 'approval:1.0', { ...APPROVE, fingerprint: 'g' });
    await refuses(other, 'approval.mismatch', 'The answer has to name what is approved.');
    const none = host.answer('run', 'approval:1.0', { type: 'yes', fingerprint: 'f' } as never); // As from JavaScript.
    await refuses(none, 'approval.invalid', 'The answer has to be one.');
    const reply = host.answer('run', 'approval:1.0', { type: 'result', fingerprint: 'f', value: 1 });
    await refuses(reply, 'approval.invalid', 'The answer has to be of a kind that the call accepts.');
    const word = host.sendMessage('run', { role: 'assistant', content: 'Hi.' } as never);
    await refuses(word, 'config.invalid', 'Only a user’s message is sent to a run.');
    same(await wait(), PARKED, 'Nothing was said.');
  },

  'nobody answers in time: the wait expires, and stays so': async (stage) => {
    const wait = await waiting(stage);
    const timed = (): Promise<WaitResult<unknown>> => wait('approval:1.0', { timeoutMs: 100 });
    same(await timed(), PARKED, 'Nothing was said yet.');
    await stage.clock.advance(99);
    same(await timed(), PARKED, 'It is not over yet.');
    await stage.clock.advance(1);
    const late = stage.host.answer('run', 'approval:1.0', APPROVE);
    await refuses(late, 'approval.expired', 'An answer that comes too late is none.');
    same(await timed(), { type: 'expired' }, 'It is over.');
    same(await timed(), { type: 'expired' }, 'It stays so.');
  },

  'an answer in time counts, however late the run asks for it': async (stage) => {
    const wait = await waiting(stage);
    await wait('approval:1.0', { timeoutMs: 100 });
    await stage.clock.advance(50);
    await stage.host.answer('run', 'approval:1.0', APPROVE);
    await stage.clock.advance(5_000);
    const told = await wait('approval:1.0', { timeoutMs: 100 });
    same(told, APPROVED, 'It was in time.');
  },

  'an expiry that the run was told of is not undone: not by the user, not by a clock that goes back': async (stage) => {
    const wait = await waiting(stage);
    const { host, clock } = stage;
    await wait('approval:1.0', { timeoutMs: 100 });
    await wait('approval:1.1');
    await clock.advance(100);
    await wait('approval:1.0', { timeoutMs: 100 });
    await host.sendMessage('run', hello);
    stage.goBack(90);
    same(await wait('approval:1.0', { timeoutMs: 100 }), { type: 'expired' }, 'It stays expired.');
    await refuses(host.answer('run', 'approval:1.0', APPROVE), 'approval.expired', 'It takes no answer.');
    same((await wait('approval:1.1')).type, 'answered', 'The other one was interrupted.');
  },

  'the user writes: every call that waits is interrupted, those that were answered are not': async (stage) => {
    const wait = await waiting(stage);
    const { host } = stage;
    const names = ['approval:1.0', 'approval:1.1', 'approval:1.2'];
    for (const name of names) await wait(name);
    await host.answer('run', 'approval:1.1', APPROVE);
    await host.sendMessage('run', hello);
    const interrupted = { type: 'answered', value: { type: 'interrupt', message: hello } };
    const told = await Promise.all(names.map((name) => wait(name)));
    same(told, [interrupted, APPROVED, interrupted], 'A message closes what is open.');
    await refuses(host.sendMessage('run', hello), 'run.not_waiting', 'Nothing waits any more.');
  },

  'a run that has ended takes no answer and no message': async (stage) => {
    const wait = await waiting(stage);
    const { host } = stage;
    await wait();
    await host.release('run', COMPLETED);
    await refuses(host.answer('run', 'approval:1.0', APPROVE), 'approval.ended', 'It is over.');
    await refuses(host.sendMessage('run', hello), 'run.not_waiting', 'It is over.');
  },
};
