import { Agent, type Host, type Outcome, type PendingCall, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

interface Payer {
  readonly agent: Agent;
  /** The key and the amount of each time that `pay` ran. */
  readonly paid: string[];
}

/** An agent whose one tool may run once only, and asks where a crash left it open. */
function payer(options: { readonly needsApproval?: boolean } = {}): Payer {
  const paid: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ amount: z.number() }),
    onUnknownOutcome: 'ask',
    ...options,
    execute: ({ amount }, { idempotencyKey }) => {
      paid.push(`${idempotencyKey} ${amount}`);
      return `${amount} paid`;
    },
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', { amount: 5 }),
  );
  return { agent: new Agent({ model, tools: [pay] }), paid };
}

/** The process goes while a call runs: the third step of a run, and the second that an attempt which resumes it does. */
function dying(host: Host, at: number): FaultyHost {
  return new FaultyHost(host, { at, moment: 'within' });
}

function pendingOf(outcome: Outcome): PendingCall {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, and waits for nobody.`);
  return pending;
}

function resultOf({ messages }: Outcome): unknown {
  return messages.find(({ role }) => role === 'tool')?.content;
}

describe.each(hosts)('a call in doubt, on $name', ({ open }) => {
  async function doubted() {
    const host = open();
    const { agent, paid } = payer();
    await agent
      .run('Go.', { host: dying(host, 3), runId: 'run' })
      .outcome()
      .catch(() => undefined);
    const outcome = await agent.resume('run', { host }).outcome();
    return { host, agent, paid, outcome, pending: pendingOf(outcome) };
  }

  test('is never said not to have run', async () => {
    const { host, agent, outcome } = await doubted();
    expect(resultOf(outcome)).toMatch(/^Pending: the outcome of this call is unknown/);
    await host.sendMessage('run', { role: 'user', content: 'Forget it.' });
    const { messages } = await agent.resume('run', { host }).outcome();
    expect(messages.slice(2, 4)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: expect.stringMatching(/^The outcome of this call is unknown/) },
      { role: 'user', content: 'Forget it.' },
    ]);
  });

  test('that is run again, and cut off again, is asked about again', async () => {
    const { host, agent, paid, pending } = await doubted();
    await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
    await agent
      .resume('run', { host: dying(host, 2) })
      .outcome()
      .catch(() => undefined);
    const again = pendingOf(await agent.resume('run', { host }).outcome());
    expect([pending.id, again.id]).toEqual(['doubt:1.0:1', 'doubt:1.0:2']);
    const { fingerprint } = again;
    await expect(host.answer('run', pending.id, { type: 'approve', fingerprint })).rejects.toMatchObject({
      code: 'approval.used',
    });
    await host.answer('run', again.id, { type: 'result', fingerprint, value: 'Paid twice.' });
    expect(resultOf(await agent.resume('run', { host }).outcome())).toBe('Paid twice.');
    expect(paid).toEqual(['run/tool:1.0:pay 5', 'run/tool:1.0:pay 5']);
  });

  test('that was approved with other arguments is asked about with these, and runs again with these', async () => {
    const host = open();
    const { agent, paid } = payer({ needsApproval: true });
    const first = pendingOf(await agent.run('Go.', { host, runId: 'run' }).outcome());
    const { fingerprint } = first;
    await host.answer('run', first.id, { type: 'edit', fingerprint, arguments: { amount: 3 } });
    await agent
      .resume('run', { host: dying(host, 2) })
      .outcome()
      .catch(() => undefined);
    const second = pendingOf(await agent.resume('run', { host }).outcome());
    expect(second).toMatchObject({ id: 'doubt:1.0:1', input: { amount: 3 } });
    expect(second.fingerprint).not.toBe(fingerprint);
    await host.answer('run', second.id, { type: 'approve', fingerprint: second.fingerprint });
    expect(resultOf(await agent.resume('run', { host }).outcome())).toMatch(/3 paid$/);
    expect(paid).toEqual(['run/tool:1.0:pay 3', 'run/tool:1.0:pay 3']);
  });

  test('takes no other arguments: what ran is what is asked about', async () => {
    const { host, pending } = await doubted();
    const { id, fingerprint } = pending;
    const edit = host.answer('run', id, { type: 'edit', fingerprint, arguments: { amount: 1 } });
    await expect(edit).rejects.toMatchObject({ code: 'approval.invalid' });
  });

  test('of a run that is cancelled may still have had its effect', async () => {
    const { host, agent, paid } = await doubted();
    await host.cancel('run');
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome.status).toBe('aborted');
    expect(resultOf(outcome)).toMatch(/may or may not have had its effect/);
    expect(paid).toHaveLength(1);
  });
});

describe.each(hosts)('a reply, on $name', ({ open }) => {
  async function waiting() {
    const host = open();
    const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({}), maxResultLength: 1_000 });
    const model = scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('ask', {}),
    );
    const agent = new Agent({ model, tools: [ask] });
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const { id, fingerprint } = pendingOf(outcome);
    const answer = (value: unknown) => host.answer('run', id, { type: 'result', fingerprint, value: value as never });
    return { host, agent, outcome, answer };
  }

  test.each([
    ['a text', 'Yes.', 'Yes.'],
    ['nothing', null, 'null'],
    ['no', false, 'false'],
    ['a list', [{ a: undefined, b: [1] }], '[{"b":[1]}]'],
  ])('may be %s', async (_, value, content) => {
    const { host, agent, answer } = await waiting();
    await answer(value);
    expect(resultOf(await agent.resume('run', { host }).outcome())).toBe(content);
  });

  test('that is longer than the tool’s results may be is cut like one', async () => {
    const { host, agent, answer } = await waiting();
    await answer('x'.repeat(5_000));
    expect(resultOf(await agent.resume('run', { host }).outcome())).toMatch(/characters left out/);
  });

  const circle: unknown[] = [];
  circle.push(circle);
  test.each([
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a number that is none', [Number.NaN]],
    ['a large integer', { id: 10n }],
    ['a circle', circle],
  ])('that is %s is refused on every host alike, and the call waits on', async (_, value) => {
    const { host, answer } = await waiting();
    await expect(answer(value)).rejects.toMatchObject({ code: 'approval.invalid' });
    expect(await host.listRuns({ status: 'suspended' })).toHaveLength(1);
    await answer('Then this.');
  });

  test('that is waited for is said so in the transcript', async () => {
    const { outcome } = await waiting();
    expect(resultOf(outcome)).toBe('Pending: this call waits for an answer.');
  });
});
