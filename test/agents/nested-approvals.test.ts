import { Agent, type Answer, type Host, type Outcome, type PendingCall, tool } from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

interface House {
  readonly agent: Agent;
  /** What the tools were run with, in order. */
  readonly ran: string[];
}

/** A cook asks helpers, one for each prompt; each helper has the one call that its prompt says. */
function house(...prompts: readonly string[]): House {
  const ran: string[] = [];
  const ofTool = (
    name: string,
    options: { readonly needsApproval?: boolean; readonly onUnknownOutcome?: 'ask' } = {},
  ) =>
    tool({
      name,
      description: 'Does it.',
      input: z.object({ what: z.string().default('it') }),
      ...options,
      execute: ({ what }, { idempotencyKey }) => {
        ran.push(idempotencyKey);
        return `${name}: ${what}`;
      },
    });
  const ask = tool({ name: 'ask', description: 'Asks.', input: z.object({}) });
  const clock = manualClock();
  const helperModel = scriptedModel(({ messages }) => {
    const done = messages.find(({ role }) => role === 'tool');
    return done === undefined
      ? respond.call(String(messages[0]?.content), {})
      : respond.text(`Did ${String(done.content)}`);
  });
  const helper = new Agent({
    name: 'helper',
    model: helperModel,
    clock,
    tools: [ofTool('pay', { needsApproval: true }), ofTool('look'), ofTool('send', { onUnknownOutcome: 'ask' }), ask],
  });
  const model = scriptedModel([
    respond.calls(prompts.map((prompt) => ({ name: 'help', arguments: { prompt } }))),
    respond.text('All done.'),
  ]);
  const tools = [helper.asTool({ name: 'help', description: 'Helps.' })];
  return { agent: new Agent({ name: 'cook', model, tools, clock }), ran };
}

function pendingOf(outcome: Outcome): readonly PendingCall[] {
  return outcome.status === 'suspended' ? outcome.pending : [];
}

function results({ messages }: Outcome): readonly unknown[] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}

describe.each(hosts)('inside an agent inside, on $name', ({ open }) => {
  /** Runs until somebody is asked, gives the answer to the first, and goes on. */
  async function answered(prompt: string, answerTo: (pending: PendingCall) => Answer) {
    const host = open();
    const { agent, ran } = house(prompt);
    const [pending] = pendingOf(await agent.run('Go.', { host, runId: 'run' }).outcome());
    if (pending === undefined) throw new Error('Nobody was asked.');
    await host.answer('run', pending.id, answerTo(pending));
    const outcome = await agent.resume('run', { host }).outcome();
    return { pending, outcome, results: results(outcome), ran };
  }

  test('returns a denied call to the nested model, which continues', async () => {
    const { results, ran } = await answered('pay', ({ fingerprint }) => ({ type: 'deny', fingerprint, reason: 'No.' }));
    expect(results).toEqual(['Did Denied: a person did not approve this call. Reason: No.']);
    expect(ran).toEqual([]);
  });

  test('runs a nested call with edited arguments', async () => {
    const { results } = await answered('pay', ({ fingerprint }) => {
      return { type: 'edit', fingerprint, arguments: { what: 'less' } };
    });
    expect(results).toEqual([expect.stringMatching(/^Did A person approved .*\npay: less$/)]);
  });

  test('takes an external result for a nested call', async () => {
    const { pending, results } = await answered('ask', ({ fingerprint }) => ({
      type: 'result',
      fingerprint,
      value: 7,
    }));
    expect(pending).toMatchObject({ id: 'tool:1.0/approval:1.0', reason: 'external_result' });
    expect(results).toEqual(['Did 7']);
  });

  test('rejects the answer of another call with the same arguments', async () => {
    const host = open();
    const { agent, ran } = house('pay', 'pay');
    const [first, second] = pendingOf(await agent.run('Go.', { host, runId: 'run' }).outcome());
    expect([first?.id, second?.id]).toEqual(['tool:1.0/approval:1.0', 'tool:1.1/approval:1.0']);
    await host.answer('run', first?.id ?? '', { type: 'approve', fingerprint: first?.fingerprint ?? '' });
    const again = await agent.resume('run', { host }).outcome();
    expect(pendingOf(again).map(({ id }) => id)).toEqual(['tool:1.1/approval:1.0']);
    expect(ran).toEqual(['run/tool:1.0/tool:1.0:pay']);
  });

  test('waits for a decision about a nested call after a crash, and runs it again with the same idempotency key', async () => {
    const host = open();
    const { agent, ran } = house('send');
    // The steps: start, model:1, then inside start, model:1 and the call.
    const dying = new FaultyHost(host, { at: 5, moment: 'within' });
    await expect(agent.run('Go.', { host: dying, runId: 'run' }).outcome()).rejects.toThrow('gone');
    const [pending] = pendingOf(await agent.resume('run', { host }).outcome());
    expect(pending).toMatchObject({ id: 'tool:1.0/unknown_outcome:1.0:1', reason: 'unknown_outcome' });
    await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(results(outcome)).toEqual(['Did send: it']);
    expect(ran).toEqual(['run/tool:1.0/tool:1.0:send', 'run/tool:1.0/tool:1.0:send']);
  });

  test('suspends the outer run for a nested call; parallel agents finish, and never run again', async () => {
    const host = open();
    const { agent, ran } = house('look', 'pay', 'look');
    const first = await agent.run('Go.', { host, runId: 'run' }).outcome();
    expect(results(first)).toEqual(['Did look: it', expect.stringContaining('Pending'), 'Did look: it']);
    const [pending] = pendingOf(first);
    await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(results(outcome)).toEqual(['Did look: it', 'Did pay: it', 'Did look: it']);
    expect(ran).toEqual(['run/tool:1.0/tool:1.0:look', 'run/tool:1.2/tool:1.0:look', 'run/tool:1.1/tool:1.0:pay']);
  });

  test('counts usage before the suspension in both outcomes, once each', async () => {
    const host = open();
    const { agent } = house('pay', 'look');
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    expect(paused.usage.requests).toBe(4);
    const [pending] = pendingOf(paused);
    await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome.usage.requests).toBe(6);
  });

  test('ends a cancelled run with all its usage while a nested call waits', async () => {
    const host = open();
    const { agent, ran } = house('pay');
    await agent.run('Go.', { host, runId: 'run' }).outcome();
    await host.cancel('run', { reason: 'Enough.' });
    const outcome = await agent.resume('run', { host }).outcome();
    expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.', usage: { requests: 2 } });
    expect(results(outcome)).toEqual([expect.stringMatching(/^Cancelled/)]);
    expect(ran).toEqual([]);
  });
});

describe.each(hosts)('three agents deep, on $name', ({ open }) => {
  test('accepts an answer by the whole path of a nested call', async () => {
    const host: Host = open();
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      input: z.object({}),
      needsApproval: true,
      execute: (_, { path }) => `paid at ${path}`,
    });
    const passing = (name: string, tools: ConstructorParameters<typeof Agent>[0]['tools'], call: string) => {
      const model = scriptedModel(({ messages }) => {
        const result = messages.find(({ role }) => role === 'tool');
        return result === undefined ? respond.call(call, { prompt: 'Do it.' }) : respond.text(String(result.content));
      });
      return new Agent({ name, model, tools: tools ?? [] });
    };
    const third = passing('third', [pay], 'pay');
    const second = passing('second', [third.asTool({ name: 'third', description: 'Third.' })], 'third');
    const first = passing('first', [second.asTool({ name: 'second', description: 'Second.' })], 'second');
    const paused = await first.run('Go.', { host, runId: 'run' }).outcome();
    expect(paused.usage.requests).toBe(3);
    const [pending] = pendingOf(paused);
    expect(pending?.id).toBe('tool:1.0/tool:1.0/approval:1.0');
    await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
    const { output, usage } = await first.resume('run', { host });
    expect({ output, requests: usage.requests }).toEqual({ output: 'paid at tool:1.0/tool:1.0', requests: 6 });
  });
});
