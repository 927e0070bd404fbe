import type { Answer, UserMessage, Waited } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { APPROVAL, hosts } from './hosts.ts';

const usage = {
  requests: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
  cost: 0,
  estimated: false,
};

describe.each(hosts)('on $name', ({ open }) => {
  const approve: Answer = { type: 'approve', fingerprint: 'f' };
  const hello: UserMessage = { role: 'user', content: 'Stop that.' };
  const parked = { type: 'parked' };

  test.each([
    ['approved', approve],
    ['denied', { type: 'deny', fingerprint: 'f', reason: 'Too dear.' }],
    ['approved with other arguments', { type: 'edit', fingerprint: 'f', arguments: { amount: 5 } }],
  ] as const)('a call that waits is %s, and that is remembered', async (_, answer) => {
    const { host, wait } = await waiting();
    await expect(wait()).resolves.toEqual(parked);
    await host.answer('run', 'approve:1.0', answer);
    await expect(wait()).resolves.toEqual({ type: 'answered', value: answer });
    await expect(wait()).resolves.toEqual({ type: 'answered', value: answer });
  });

  test('an answer is not changed by whoever gave it', async () => {
    const { host, wait } = await waiting();
    const given = { amount: 5 };
    await wait();
    await host.answer('run', 'approve:1.0', { type: 'edit', fingerprint: 'f', arguments: given });
    given.amount = 5_000;
    const value = { type: 'edit', fingerprint: 'f', arguments: { amount: 5 } };
    await expect(wait()).resolves.toEqual({ type: 'answered', value });
  });

  test('nobody answers in time: the wait expires, and stays so', async () => {
    const { host, clock, wait } = await waiting();
    await expect(wait({ timeoutMs: 100 })).resolves.toEqual(parked);
    await clock.advance(99);
    await expect(wait({ timeoutMs: 100 })).resolves.toEqual(parked);
    await clock.advance(1);
    await expect(host.answer('run', 'approve:1.0', approve)).rejects.toMatchObject({ code: 'approval.expired' });
    await expect(wait({ timeoutMs: 100 })).resolves.toEqual({ type: 'expired' });
    await expect(wait({ timeoutMs: 100 })).resolves.toEqual({ type: 'expired' });
  });

  test('an answer in time counts, however late the run asks for it', async () => {
    const { host, clock, wait } = await waiting();
    await wait({ timeoutMs: 100 });
    await clock.advance(50);
    await host.answer('run', 'approve:1.0', approve);
    await clock.advance(5_000);
    await expect(wait({ timeoutMs: 100 })).resolves.toEqual({ type: 'answered', value: approve });
  });

  test('an expiry that the run was told of is not undone: not by the user, not by a clock that goes back', async () => {
    const { host, wait, goBack, clock } = await waiting();
    await wait({ timeoutMs: 100 });
    await wait({ name: 'approve:1.1' });
    await clock.advance(100);
    await wait({ timeoutMs: 100 });
    await host.send('run', hello);
    goBack(90);
    const expired: Waited<unknown> = { type: 'expired' };
    await expect(wait({ timeoutMs: 100 })).resolves.toEqual(expired);
    await expect(host.answer('run', 'approve:1.0', approve)).rejects.toMatchObject({ code: 'approval.expired' });
    await expect(wait({ name: 'approve:1.1' })).resolves.toMatchObject({ type: 'answered' });
  });

  test('the user writes: every call that waits is interrupted, those that were answered are not', async () => {
    const { host, wait } = await waiting();
    const names = ['approve:1.0', 'approve:1.1', 'approve:1.2'];
    for (const name of names) await wait({ name });
    await host.answer('run', 'approve:1.1', approve);
    await host.send('run', hello);
    const interrupted = { type: 'answered', value: { type: 'interrupt', message: hello } };
    expect(await Promise.all(names.map((name) => wait({ name })))).toEqual([
      interrupted,
      { type: 'answered', value: approve },
      interrupted,
    ]);
    await expect(host.send('run', hello)).rejects.toMatchObject({ code: 'run.not_waiting' });
  });

  test.each([
    [
      'for another call',
      'approval.unknown',
      'Run "run" has no pending call "approve:9.9". See outcome.pending.',
      'approve:9.9',
      approve,
    ],
    [
      'for other arguments',
      'approval.mismatch',
      'The answer is for fingerprint "g", but pending call "approve:1.0" has another: it is not the same call with the same arguments. Show the person outcome.pending again.',
      'approve:1.0',
      { ...approve, fingerprint: 'g' },
    ],
    [
      'that is none',
      'approval.invalid',
      'Pending call "approve:1.0" of run "run" was given no answer that it can take. Pass { type: "approve", fingerprint }, or { type: "deny", fingerprint, reason }, or { type: "edit", fingerprint, arguments }.',
      'approve:1.0',
      { type: 'yes', fingerprint: 'f' },
    ],
  ])('an answer %s approves nothing: %s', async (_, code, message, id, answer) => {
    const { host, wait } = await waiting();
    await wait();
    const [refused] = await Promise.allSettled([host.answer('run', id, answer as Answer)]); // As from JavaScript.
    expect(refused).toMatchObject({ status: 'rejected', reason: { name: 'ApprovalError', code, message } });
    await expect(wait()).resolves.toEqual(parked);
  });

  test.each([
    ['approved', approve],
    ['of another fingerprint', { ...approve, fingerprint: 'g' }],
  ])('a call is answered once; a second answer, %s, is refused', async (_, second) => {
    const { host, wait } = await waiting();
    await wait();
    const denied: Answer = { type: 'deny', fingerprint: 'f' };
    await host.answer('run', 'approve:1.0', denied);
    await expect(host.answer('run', 'approve:1.0', second)).rejects.toMatchObject({
      name: 'ApprovalError',
      code: 'approval.used',
      message: 'Pending call "approve:1.0" of run "run" was answered already.',
    });
    await expect(wait()).resolves.toEqual({ type: 'answered', value: denied });
  });

  test('a run that has ended takes no answer and no message', async () => {
    const { host, wait } = await waiting();
    await wait();
    const ending = { runId: 'run', messages: [], usage: usage, turns: 1, toolCalls: 0, durationMs: 0 };
    await host.release('run', { status: 'aborted', reason: 'enough', ...ending });
    await expect(host.answer('run', 'approve:1.0', approve)).rejects.toMatchObject({
      name: 'ApprovalError',
      code: 'approval.ended',
      message: 'Run "run" has ended as aborted. Nothing was approved.',
    });
    await expect(host.send('run', hello)).rejects.toMatchObject({ code: 'run.not_waiting' });
  });

  test('only a user’s message is sent to a run', async () => {
    const { host, wait } = await waiting();
    await wait();
    const message = { role: 'assistant', content: 'Hi.' };
    await expect(host.send('run', message as never)).rejects.toMatchObject({
      name: 'ConfigError',
      message: `A message to run "run" has to be a user's: { role: "user", content: "…" }.`,
    });
    await expect(wait()).resolves.toEqual(parked);
  });

  interface Waiting {
    /** @defaultValue 'approve:1.0' */
    readonly name?: string;
    readonly timeoutMs?: number;
  }

  async function waiting() {
    const clock = manualClock({ startMs: 1_000 });
    let behindMs = 0;
    const host = open({
      clock: {
        now: () => clock.now() - behindMs,
        after: (ms, callback) => clock.after(ms, callback),
        sleep: (ms, signal) => clock.sleep(ms, signal),
      },
    });
    const durable = await host.start({ runId: 'run', agent: 'a', messages: [], limits: {}, metadata: {}, at: 0 });
    return {
      host,
      clock,
      wait: ({ name = 'approve:1.0', ...options }: Waiting = {}) => durable.wait(name, { ...APPROVAL, ...options }),
      goBack(ms: number): void {
        behindMs += ms;
      },
    };
  }
});
