import { Agent, type Answer, customTool, type Host, memoryHost, type PendingCall, tool } from '@pawl/core';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const FORMS: readonly (readonly [string, (text: string) => ScriptedModelResponse])[] = [
  ['a custom call', (text) => respond.custom('shell', text)],
  ['the call of its function', (text) => respond.call('shell', { input: text })],
];

interface Suspended {
  readonly host: Host;
  readonly agent: Agent;
  readonly pending: PendingCall;
  readonly ran: readonly string[];
}

async function suspended(asked: ScriptedModelResponse): Promise<Suspended> {
  const ran: string[] = [];
  const shell = customTool({
    name: 'shell',
    description: 'Runs a command.',
    needsApproval: (text) => text.startsWith('rm'),
    preview: (text) => `$ ${text}`,
    execute(text) {
      ran.push(text);
      return 'Ran.';
    },
  });
  const host = memoryHost();
  const agent = new Agent({ model: scriptedModel([asked, respond.text('Done.')]), tools: [shell] });
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const pending = outcome.status === 'suspended' ? outcome.pending[0] : undefined;
  if (pending === undefined) throw new Error(`The run is ${outcome.status}.`);
  return { host, agent, pending, ran };
}

async function answered({ host, agent, pending }: Suspended, answer: Answer): Promise<unknown> {
  await host.answer('run', pending.id, answer);
  return (await agent.resume('run', { host })).messages[2];
}

describe.each(FORMS)('%s', (_, asks) => {
  test('shows its text for approval, and runs when it is approved', async () => {
    const waiting = await suspended(asks('rm -r .'));
    const { pending, ran } = waiting;
    const { fingerprint } = pending;
    expect(pending).toEqual({
      id: 'approval:1.0',
      reason: 'approval',
      accepts: ['approve', 'deny', 'edit'],
      call: expect.objectContaining({ id: 'call_1' }),
      input: 'rm -r .',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      definitionHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      preview: '$ rm -r .',
    });
    expect(await answered(waiting, { type: 'approve', fingerprint })).toMatchObject({ content: 'Ran.' });
    expect(ran).toEqual(['rm -r .']);
  });

  test.each(['rm build', '{"input":"rm build"}', '"rm"', ''])(
    'runs with the text that a person entered: %j',
    async (text) => {
      const waiting = await suspended(asks('rm -r .'));
      const { fingerprint } = waiting.pending;
      const message = await answered(waiting, { type: 'edit', fingerprint, arguments: text });

      expect(message).toMatchObject({ content: expect.stringMatching(/^A person approved this call with other /) });
      expect(waiting.ran).toEqual([text]);
    },
  );

  test('does not run when it is denied', async () => {
    const waiting = await suspended(asks('rm -r .'));
    const { fingerprint } = waiting.pending;
    const message = await answered(waiting, { type: 'deny', fingerprint, reason: 'Too much.' });

    expect(message).toMatchObject({ content: 'Denied: a person did not approve this call. Reason: Too much.' });
    expect(waiting.ran).toEqual([]);
  });

  test('is approved only with its exact text', async () => {
    const [first, second] = [await suspended(asks('rm a')), await suspended(asks('rm a '))];
    const approval: Answer = { type: 'approve', fingerprint: first.pending.fingerprint };

    await expect(second.host.answer('run', 'approval:1.0', approval)).rejects.toMatchObject({ name: 'ApprovalError' });
    expect(second.ran).toEqual([]);
  });
});

test.each([
  ['a custom call', respond.custom('go', '{"city":"Oslo"}'), { city: 'Nice' }],
  ['a custom call', respond.custom('go', '{"city":"Oslo"}'), '{"city":"Nice"}'],
  ['a function call', respond.call('go', { city: 'Oslo' }), { city: 'Nice' }],
  ['a function call', respond.call('go', { city: 'Oslo' }), '{"city":"Nice"}'],
] as const)('%s to a function is shown and edited as its arguments', async (_, asked, edited) => {
  const cities: string[] = [];
  const go = tool({
    name: 'go',
    description: 'Goes.',
    input: z.object({ city: z.string() }),
    needsApproval: true,
    execute: ({ city }) => cities.push(city),
  });
  const host = memoryHost();
  const agent = new Agent({ model: scriptedModel([asked, respond.text('Done.')]), tools: [go] });
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  const fingerprint = pending?.fingerprint ?? '';
  await host.answer('run', 'approval:1.0', { type: 'edit', fingerprint, arguments: edited });
  await agent.resume('run', { host });

  expect(pending?.input).toEqual({ city: 'Oslo' });
  expect(cities).toEqual(['Nice']);
});
