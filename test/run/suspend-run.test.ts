import { Agent, type Host, type Outcome, RefuseRun, SuspendRun, tool } from '@pawl/core';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

function paying(execute: (amount: number, key: string) => unknown) {
  const keys: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ amount: z.number() }),
    execute: ({ amount }, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      return execute(amount, idempotencyKey);
    },
  });
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: () => 'seen',
  });
  const calls = [
    { name: 'pay', arguments: { amount: 5 } },
    { name: 'look', arguments: {} },
  ];
  const model = scriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? respond.text(`Got: ${String(messages.at(-2)?.content)}`) : respond.calls(calls),
  );
  return { agent: new Agent({ model, tools: [pay, look] }), keys };
}

async function pendingOf(outcome: Outcome) {
  if (outcome.status !== 'suspended') throw new Error(`It ended as ${outcome.status}.`);
  const [pending] = outcome.pending;
  if (pending === undefined || outcome.pending.length > 1) throw new Error('One call waits.');
  return pending;
}

async function suspended(agent: Agent, host: Host) {
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  expect(checkHistory(outcome.messages)).toEqual([]);
  return pendingOf(outcome);
}

describe.each(hosts)('a tool that throws SuspendRun, on $name,', ({ open }) => {
  test('suspends the run after the other calls have run, and shows its preview', async () => {
    const host = open();
    const { agent } = paying(() => {
      throw new SuspendRun('The bank asks for a code.');
    });
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    expect(await pendingOf(outcome)).toMatchObject({
      id: 'unknown_outcome:1.0:1',
      reason: 'suspended',
      accepts: ['approve', 'result', 'deny'],
      input: { amount: 5 },
      preview: 'The bank asks for a code.',
    });
    expect(outcome.messages.at(-2)?.content).toBe('Pending: this call has started and waits for an external answer.');
    expect(outcome.messages.at(-1)?.content).toBe('seen');
  });

  test('runs again with the same idempotency key when it is approved, and may suspend again', async () => {
    const host = open();
    let codes = 0;
    const { agent, keys } = paying(() => {
      codes++;
      if (codes < 3) throw new SuspendRun('The bank asks for a code.', { preview: { code: codes } });
      return 'paid';
    });
    const first = await suspended(agent, host);
    await host.answer('run', first.id, { type: 'approve', fingerprint: first.fingerprint });
    const second = await pendingOf(await agent.resume('run', { host }).outcome());
    expect([second.id, second.preview]).toEqual(['unknown_outcome:1.0:2', { code: 2 }]);
    await host.answer('run', second.id, { type: 'approve', fingerprint: second.fingerprint });
    const { output } = await agent.resume('run', { host });
    expect(output).toBe('Got: paid');
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  test('takes an external result as its value, and a denial as its end', async () => {
    for (const [answer, received] of [
      [{ type: 'result', value: { paid: 5 } }, 'Got: {"paid":5}'],
      [{ type: 'deny', reason: 'No code.' }, 'Got: Denied: a person ended this call while it waited. Reason: No code.'],
    ] as const) {
      const host = open();
      const { agent, keys } = paying(() => {
        throw new SuspendRun('A code, please.');
      });
      const { id, fingerprint } = await suspended(agent, host);
      await host.answer('run', id, { ...answer, fingerprint });
      const { output } = await agent.resume('run', { host });
      expect([output, keys.length]).toEqual([received, 1]);
    }
  });
});

test('ends the run as refused if a tool throws RefuseRun, after every open call has a result', async () => {
  const { agent } = paying(() => {
    throw new RefuseRun('We do not pay.', { guard: 'treasury' });
  });
  const outcome = await agent.run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'refused', refusal: 'We do not pay.', guard: 'treasury' });
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test('returns the refusal of a nested agent to the outer agent, which continues', async () => {
  const no = tool({
    name: 'no',
    description: 'Refuses.',
    input: z.object({}),
    execute: () => {
      throw new RefuseRun('Not that.');
    },
  });
  const helper = new Agent({ name: 'helper', model: scriptedModel([respond.call('no')]), tools: [no] });
  const model = scriptedModel([respond.call('help', { prompt: 'Help.' }), respond.text('Then not.')]);
  const agent = new Agent({ model, tools: [helper.asTool({ name: 'help', description: 'Helps.' })] });
  const { output, messages } = await agent.run('Go.');
  expect(output).toBe('Then not.');
  expect(messages[2]?.content).toBe('The agent "help" returned no answer. It refused: Not that.');
});
