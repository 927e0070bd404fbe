import { Agent, type Host, type Outcome, type Run, tool } from '@pawl/core';
import type { ApprovalRequestedEvent } from '@pawl/core/events';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({}),
  needsApproval: true,
  approvalTimeoutMs: 1_000,
  execute: () => 'paid',
});
const measure = tool({ name: 'measure', description: 'Measures.', input: z.object({}) });

interface BusyAgent {
  readonly agent: Agent;
  readonly finish: () => void;
}

/** Creates an agent that makes a pending call in parallel to one that runs until `finish` is called. */
function createBusyAgent(name: 'pay' | 'measure', clock = manualClock()): BusyAgent {
  const work = Promise.withResolvers<string>();
  const build = tool({
    name: 'build',
    description: 'Builds.',
    input: z.object({}),
    execute: () => work.promise,
  });
  const model = scriptedModel([respond.calls([{ name }, { name: 'build' }]), respond.text('Done.')]);
  const agent = new Agent({ model, tools: [pay, measure, build], clock });
  return { agent, finish: () => work.resolve('built') };
}

function waitForRequest(run: Run): Promise<ApprovalRequestedEvent['pending']> {
  return new Promise((resolve) => run.on('approval.requested', ({ pending }) => resolve(pending)));
}

function listResults({ messages }: Outcome): readonly unknown[] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}

describe.each(hosts)('while parallel calls run, on $name', ({ open }) => {
  test('a pending call takes an approval, and the run is not suspended', async () => {
    const host = open();
    const { agent, finish } = createBusyAgent('pay');
    const run = agent.run('Go.', { host, runId: 'run' });
    const { id, fingerprint } = await waitForRequest(run);
    await host.answer('run', id, { type: 'approve', fingerprint });
    await expect(host.answer('run', id, { type: 'approve', fingerprint })).rejects.toMatchObject({
      code: 'approval.used',
    });
    finish();
    const outcome = await run.outcome();
    expect({ status: outcome.status, results: listResults(outcome) }).toEqual({
      status: 'completed',
      results: ['paid', 'built'],
    });
  });

  test('a pending call takes an external result at once, even from a listener', async () => {
    const host: Host = open();
    const { agent, finish } = createBusyAgent('measure');
    const run = agent.run('Go.', { host, runId: 'run' });
    const answered = new Promise((resolve, reject) => {
      run.on('approval.requested', ({ pending: { id, fingerprint } }) => {
        host.answer('run', id, { type: 'result', fingerprint, value: 7 }).then(resolve, reject);
      });
    });
    await answered;
    finish();
    expect(listResults(await run.outcome())).toEqual(['7', 'built']);
  });

  test('a user message cancels the pending call, but not the running one', async () => {
    const host = open();
    const { agent, finish } = createBusyAgent('pay');
    const run = agent.run('Go.', { host, runId: 'run' });
    await waitForRequest(run);
    await host.sendMessage('run', { role: 'user', content: 'Leave that.' });
    finish();
    const { messages } = await run.outcome();
    expect(messages.slice(2, 5)).toEqual([
      { role: 'tool', tool_call_id: 'call_1', content: 'Cancelled: this call was not run.' },
      { role: 'tool', tool_call_id: 'call_2', content: 'built' },
      { role: 'user', content: 'Leave that.' },
    ]);
  });

  test('a pending call expires, counted from its request', async () => {
    const clock = manualClock();
    const host = open({ clock });
    const { agent, finish } = createBusyAgent('pay', clock);
    const run = agent.run('Go.', { host, runId: 'run' });
    const { id, fingerprint } = await waitForRequest(run);
    await clock.advance(1_000);
    await expect(host.answer('run', id, { type: 'approve', fingerprint })).rejects.toMatchObject({
      code: 'approval.expired',
    });
    finish();
    expect(listResults(await run.outcome())).toEqual(['Denied: this call was not approved in time.', 'built']);
  });
});
