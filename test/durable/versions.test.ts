import { Agent, type AgentOptions, type Host, type Tool, tool } from '@pawl/core';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

const amount = z.object({ amount: z.number() });

function createPayTool(input: z.ZodObject = amount): Tool<unknown> {
  return tool({ name: 'pay', description: 'Pays.', input, needsApproval: true, execute: () => 'paid' });
}

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });

function createAgent(options: Partial<AgentOptions<unknown, string>> = {}): Agent {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', { amount: 5 }),
  );
  return new Agent({ name: 'payer', model, tools: [createPayTool()], clock: manualClock(), ...options });
}

/** Runs one version of the agent until it is suspended before its call, and approves the call. */
async function startRun(host: Host, agent: Agent): Promise<void> {
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
}

describe.each(hosts)('on $name', ({ open }) => {
  test('an agent with other instructions and more tools resumes the run', async () => {
    const host = open();
    await startRun(host, createAgent({ instructions: 'Be kind.' }));
    const next = createAgent({ instructions: 'Be kinder.', tools: [createPayTool(), look] });
    expect((await next.resume('run', { host }).outcome()).status).toBe('completed');
  });

  test('refuses another version, and names the first difference', async () => {
    const host = open();
    await startRun(host, createAgent({ version: '1' }));
    const next = createAgent({ version: '2', tools: [createPayTool(), look] });
    await expect(next.resume('run', { host }).outcome()).rejects.toMatchObject({
      code: 'run.version',
      message:
        'Run "run" was begun by version "1" of agent "payer", but this is version "2". First difference: tool "look": it is new. Resume it with the old version, or pass onVersionMismatch: "continue".',
    });
    const outcome = await createAgent({ version: '1' }).resume('run', { host }).outcome();
    expect(outcome.status).toBe('completed');
  });

  test('another version resumes the run if onVersionMismatch is continue', async () => {
    const host = open();
    await startRun(host, createAgent({ version: '1' }));
    const next = createAgent({ version: '2' });
    const outcome = await next.resume('run', { host, onVersionMismatch: 'continue' }).outcome();
    expect(outcome.status).toBe('completed');
  });

  test.each([
    ['is gone', { tools: [look] }, 'it is missing'],
    [
      'takes other arguments',
      { tools: [createPayTool(z.object({ cents: z.number() }))] },
      'its schema or effect has changed',
    ],
  ] as const)(
    'an open call whose tool %s leaves the run as it is, unless onVersionMismatch is continue',
    async (_, options, change) => {
      const host = open();
      await startRun(host, createAgent());
      const next = createAgent(options);
      await expect(next.resume('run', { host }).outcome()).rejects.toMatchObject({
        code: 'run.changed',
        message: expect.stringContaining(change),
      });
      const outcome = await next.resume('run', { host, onVersionMismatch: 'continue' }).outcome();
      expect(outcome.status).toBe('completed');
      expect(outcome.messages.at(-2)).toMatchObject({ role: 'tool' });
    },
  );

  test('an approval given to one version counts for another one', async () => {
    const host = open();
    await startRun(host, createAgent({ version: '1' }));
    const outcome = await createAgent({ version: '2' })
      .resume('run', { host, onVersionMismatch: 'continue' })
      .outcome();
    expect(outcome.messages.at(-2)).toMatchObject({ role: 'tool', content: 'paid' });
  });

  test('refuses the run of another agent', async () => {
    const host = open();
    await startRun(host, createAgent());
    const resumed = createAgent({ name: 'other' }).resume('run', { host }).outcome();
    await expect(resumed).rejects.toMatchObject({ code: 'run.agent' });
  });
});
