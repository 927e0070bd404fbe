import { Agent, type Host, type Outcome, type PendingCall, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

interface Payer {
  readonly agent: Agent;
  /** The key and the amount of each execution of `pay`. */
  readonly paid: string[];
}

/** Creates an agent with one `non-idempotent` tool, which asks a person if a crash interrupted it. */
function createPayer(options: { readonly needsApproval?: boolean } = {}): Payer {
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

/** Wraps a host whose process dies during a call: the third step of a new run, the second one of a resumed run. */
function createDyingHost(host: Host, at: number): FaultyHost {
  return new FaultyHost(host, { at, moment: 'within' });
}

function getPending(outcome: Outcome): PendingCall {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, not suspended.`);
  return pending;
}

function getResult({ messages }: Outcome): unknown {
  return messages.find(({ role }) => role === 'tool')?.content;
}

describe.each(hosts)('a call of unknown outcome, on $name', ({ open }) => {
  async function interruptCall() {
    const host = open();
    const { agent, paid } = createPayer();
    await agent
      .run('Go.', { host: createDyingHost(host, 3), runId: 'run' })
      .outcome()
      .catch(() => undefined);
    const outcome = await agent.resume('run', { host }).outcome();
    return { host, agent, paid, outcome, pending: getPending(outcome) };
  }

  test('is never reported as not run', async () => {
    const { host, agent, outcome } = await interruptCall();
    expect(getResult(outcome)).toMatch(/^Pending: the outcome of this call is unknown/);
    await host.sendMessage('run', { role: 'user', content: 'Forget it.' });
    const { messages } = await agent.resume('run', { host }).outcome();
    expect(messages.slice(2, 4)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: expect.stringMatching(/^The outcome of this call is unknown/) },
      { role: 'user', content: 'Forget it.' },
    ]);
  });

  test('asks again if the repeated call is interrupted, too', async () => {
    const { host, agent, paid, pending } = await interruptCall();
    await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
    await agent
      .resume('run', { host: createDyingHost(host, 2) })
      .outcome()
      .catch(() => undefined);
    const again = getPending(await agent.resume('run', { host }).outcome());
    expect([pending.id, again.id]).toEqual(['unknown_outcome:1.0:1', 'unknown_outcome:1.0:2']);
    const { fingerprint } = again;
    await expect(host.answer('run', pending.id, { type: 'approve', fingerprint })).rejects.toMatchObject({
      code: 'approval.used',
    });
    await host.answer('run', again.id, { type: 'result', fingerprint, value: 'Paid twice.' });
    expect(getResult(await agent.resume('run', { host }).outcome())).toBe('Paid twice.');
    expect(paid).toEqual(['run/tool:1.0:pay 5', 'run/tool:1.0:pay 5']);
  });

  test('keeps the edited arguments of its approval for the question and for the repeated call', async () => {
    const host = open();
    const { agent, paid } = createPayer({ needsApproval: true });
    const first = getPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
    const { fingerprint } = first;
    await host.answer('run', first.id, { type: 'edit', fingerprint, arguments: { amount: 3 } });
    await agent
      .resume('run', { host: createDyingHost(host, 2) })
      .outcome()
      .catch(() => undefined);
    const second = getPending(await agent.resume('run', { host }).outcome());
    expect(second).toMatchObject({ id: 'unknown_outcome:1.0:1', input: { amount: 3 } });
    expect(second.fingerprint).not.toBe(fingerprint);
    await host.answer('run', second.id, { type: 'approve', fingerprint: second.fingerprint });
    expect(getResult(await agent.resume('run', { host }).outcome())).toMatch(/3 paid$/);
    expect(paid).toEqual(['run/tool:1.0:pay 3', 'run/tool:1.0:pay 3']);
  });

  test('does not accept edited arguments', async () => {
    const { host, pending } = await interruptCall();
    const { id, fingerprint } = pending;
    const edit = host.answer('run', id, { type: 'edit', fingerprint, arguments: { amount: 1 } });
    await expect(edit).rejects.toMatchObject({ code: 'approval.invalid' });
  });

  test('is reported as possibly executed if the run is cancelled', async () => {
    const { host, agent, paid } = await interruptCall();
    await host.cancel('run');
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome.status).toBe('aborted');
    expect(getResult(outcome)).toMatch(/may have had its effect/);
    expect(paid).toHaveLength(1);
  });
});

describe.each(hosts)('an external result, on $name', ({ open }) => {
  async function suspendRun() {
    const host = open();
    const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({}), maxResultLength: 1_000 });
    const model = scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('ask', {}),
    );
    const agent = new Agent({ model, tools: [ask] });
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const { id, fingerprint } = getPending(outcome);
    const answer = (value: unknown) => host.answer('run', id, { type: 'result', fingerprint, value: value as never });
    return { host, agent, outcome, answer };
  }

  test.each([
    ['a text', 'Yes.', 'Yes.'],
    ['null', null, 'null'],
    ['false', false, 'false'],
    ['a list', [{ a: undefined, b: [1] }], '[{"b":[1]}]'],
  ])('can be %s', async (_, value, content) => {
    const { host, agent, answer } = await suspendRun();
    await answer(value);
    expect(getResult(await agent.resume('run', { host }).outcome())).toBe(content);
  });

  test('is cut to maxResultLength like the result of an executed call', async () => {
    const { host, agent, answer } = await suspendRun();
    await answer('x'.repeat(5_000));
    expect(getResult(await agent.resume('run', { host }).outcome())).toMatch(/characters left out/);
  });

  const circle: unknown[] = [];
  circle.push(circle);
  test.each([
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['NaN in a list', [Number.NaN]],
    ['a BigInt', { id: 10n }],
    ['a circular list', circle],
  ])('is refused if it is %s, and the call stays pending', async (_, value) => {
    const { host, answer } = await suspendRun();
    await expect(answer(value)).rejects.toMatchObject({ code: 'approval.invalid' });
    expect(await host.listRuns({ status: 'suspended' })).toHaveLength(1);
    await answer('Then this.');
  });

  test('is shown as pending in the transcript', async () => {
    const { outcome } = await suspendRun();
    expect(getResult(outcome)).toBe('Pending: this call waits for an external result.');
  });
});
