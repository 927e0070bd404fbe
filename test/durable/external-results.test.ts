import { Agent, ConfigError, type Host, type Outcome, type PendingCall, tool } from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

const measure = tool({ name: 'measure', description: 'Measures.', input: z.object({ room: z.string() }) });

function createMeasurer(options: { readonly approvalTimeoutMs?: number } = {}): Agent {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool')
      ? respond.text('Measured.')
      : respond.call('measure', { room: 'hall' }),
  );
  return new Agent({ model, tools: [{ ...measure, ...options }], clock: manualClock() });
}

function getPending(outcome: Outcome): PendingCall {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, not suspended.`);
  return pending;
}

function getResult({ messages }: Outcome): unknown {
  return messages.find(({ role }) => role === 'tool')?.content;
}

describe.each(hosts)('a tool without execute, on $name', ({ open }) => {
  async function suspendRun(): Promise<{
    readonly host: Host;
    readonly agent: Agent;
    readonly pending: PendingCall;
  }> {
    const host = open();
    const agent = createMeasurer();
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    return { host, agent, pending: getPending(outcome) };
  }

  test('waits for an external result', async () => {
    const { host, agent, pending } = await suspendRun();
    expect(pending).toMatchObject({ reason: 'external_result', input: { room: 'hall' } });
    expect(pending.accepts).toContain('result');
    const { fingerprint } = pending;
    await host.answer('run', pending.id, { type: 'result', fingerprint, value: { metres: 7 } });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome.status).toBe('completed');
    expect(getResult(outcome)).toBe('{"metres":7}');
  });

  test('records who answered in approval.answered, and not what the answer says about it', async () => {
    const { host, agent, pending } = await suspendRun();
    const answer = { type: 'result', fingerprint: pending.fingerprint, value: 7 } as const;
    await host.answer('run', pending.id, answer, { by: 'ada' });
    const run = agent.resume('run', { host });
    const emitted: unknown[] = [];
    run.on('approval.answered', (event) => emitted.push(event));
    await run.outcome();
    expect(emitted).toMatchObject([{ answer, by: 'ada' }]);
    const { events } = await host.getRun('run');
    expect(events.find(({ event }) => event.type === 'approval.answered')?.event).toMatchObject({ answer, by: 'ada' });
  });

  test('records who wrote in user.interrupted', async () => {
    const { host, agent } = await suspendRun();
    await host.sendMessage('run', { role: 'user', content: 'Leave it.' }, { by: 'ada' });
    await agent.resume('run', { host }).outcome();
    const { events } = await host.getRun('run');
    expect(events.find(({ event }) => event.type === 'user.interrupted')?.event).toMatchObject({ by: 'ada' });
  });

  test('takes a denial, whose reason the model gets', async () => {
    const { host, agent, pending } = await suspendRun();
    await host.answer('run', pending.id, { type: 'deny', fingerprint: pending.fingerprint, reason: 'No ruler.' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(getResult(outcome)).toContain('No ruler.');
  });

  test('refuses an approval, because it has nothing to execute', async () => {
    const { host, pending } = await suspendRun();
    const { id, fingerprint } = pending;
    await expect(host.answer('run', id, { type: 'approve', fingerprint })).rejects.toMatchObject({
      code: 'approval.invalid',
    });
    const empty = { type: 'result', fingerprint } as never; // As from JavaScript.
    await expect(host.answer('run', id, empty)).rejects.toMatchObject({ code: 'approval.invalid' });
    await host.answer('run', id, { type: 'result', fingerprint, value: null });
    await expect(host.answer('run', id, { type: 'result', fingerprint, value: 2 })).rejects.toMatchObject({
      code: 'approval.used',
    });
  });

  test('reports an expired call to the model', async () => {
    const clock = manualClock();
    const host = open({ clock });
    const agent = createMeasurer({ approvalTimeoutMs: 1_000 });
    const { id, fingerprint } = getPending(await agent.run('Go.', { host, runId: 'run' }).outcome());
    await clock.advance(1_000);
    const late = host.answer('run', id, { type: 'result', fingerprint, value: 1 });
    await expect(late).rejects.toMatchObject({ code: 'approval.expired' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome.status).toBe('completed');
    expect(getResult(outcome)).toBe('Denied: this call got no external result in time.');
  });
});

test('refuses a tool whose execute is undefined', () => {
  const make = (): unknown => tool({ name: 'x', description: 'X.', input: z.object({}), execute: undefined as never });
  expect(make).toThrow(ConfigError);
});

describe.each(hosts)('a call that a crash interrupted, of a tool with onUnknownOutcome "ask", on $name', ({ open }) => {
  interface UnknownOutcomeRun {
    readonly host: Host;
    readonly agent: Agent;
    readonly pending: PendingCall;
    readonly paid: readonly string[];
  }

  /** Runs an agent whose process dies while `pay` runs, after its effect, and resumes the run. */
  async function interruptCall(): Promise<UnknownOutcomeRun> {
    const paid: string[] = [];
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      input: z.object({ amount: z.number() }),
      onUnknownOutcome: 'ask',
      execute: ({ amount }, { idempotencyKey }) => {
        paid.push(idempotencyKey);
        return `${amount} paid`;
      },
    });
    const model = scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', { amount: 5 }),
    );
    const agent = new Agent({ model, tools: [pay], clock: manualClock() });
    const host = open();
    const dying = new FaultyHost(host, { at: 3, moment: 'within' });
    await expect(agent.run('Pay.', { runId: 'run', host: dying }).outcome()).rejects.toThrow('gone');
    const outcome = await agent.resume('run', { host }).outcome();
    return { host, agent, pending: getPending(outcome), paid };
  }

  test('waits for an answer, and executes nothing meanwhile', async () => {
    const { pending, paid, host, agent } = await interruptCall();
    expect(pending).toMatchObject({ reason: 'unknown_outcome', input: { amount: 5 } });
    expect(paid).toEqual(['run/tool:1.0:pay']);
    expect((await agent.resume('run', { host }).outcome()).status).toBe('suspended');
    expect(paid).toHaveLength(1);
  });

  test('runs again with the same key if it is approved', async () => {
    const { host, agent, pending, paid } = await interruptCall();
    await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(paid).toEqual(['run/tool:1.0:pay', 'run/tool:1.0:pay']);
    expect(getResult(outcome)).toBe('5 paid');
  });

  test('does not run again if it gets an external result', async () => {
    const { host, agent, pending, paid } = await interruptCall();
    await host.answer('run', pending.id, { type: 'result', fingerprint: pending.fingerprint, value: 'It was paid.' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(paid).toHaveLength(1);
    expect(getResult(outcome)).toBe('It was paid.');
  });

  test('does not run again if it is denied, and the model gets the reason', async () => {
    const { host, agent, pending, paid } = await interruptCall();
    await host.answer('run', pending.id, { type: 'deny', fingerprint: pending.fingerprint, reason: 'Let it be.' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(paid).toHaveLength(1);
    expect(String(getResult(outcome))).toContain('Let it be.');
  });
});
