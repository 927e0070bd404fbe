import { Agent, type Answer, memoryHost, type SuspendedOutcome, type Tool, tool } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const transfer: Tool<unknown> = tool({
  name: 'transfer',
  description: 'Transfers money.',
  input: z.object({ to: z.string() }),
  needsApproval: true,
  execute: ({ to }) => `Sent to ${to}.`,
});

interface Suspension {
  readonly host: ReturnType<typeof memoryHost>;
  readonly agent: Agent;
  readonly outcome: SuspendedOutcome;
  readonly pendingId: string;
  readonly fingerprint: string;
}

async function suspended(): Promise<Suspension> {
  const host = memoryHost();
  const model = scriptedModel([respond.call('transfer', { to: 'Ann' }), respond.text('Done.')]);
  const agent = new Agent({ model, tools: [transfer] });
  const outcome = await agent.run('Pay Ann.', { host, runId: 'pay' }).outcome();
  if (outcome.status !== 'suspended') throw new Error(`The run is ${outcome.status}.`);
  const { id: pendingId = '', fingerprint = '' } = outcome.pending[0] ?? {};
  return { host, agent, outcome, pendingId, fingerprint };
}

const shapes: Readonly<Record<string, object | undefined>> = {
  undefined: undefined,
  'an answer without a type': { approve: true },
  'an unknown type': { type: 'yes' },
  'an edit without arguments': { type: 'edit' },
};

test.each(Object.entries(shapes))('refuses %s as an answer, and the call stays pending', async (_, shape) => {
  const { host, agent, pendingId, fingerprint } = await suspended();
  const answer = (shape && { ...shape, fingerprint }) as unknown as Answer;

  await expect(host.answer('pay', pendingId, answer)).rejects.toMatchObject({ code: 'approval.invalid' });
  await host.answer('pay', pendingId, { type: 'approve', fingerprint });
  expect((await agent.resume('pay', { host })).messages[2]).toMatchObject({ content: 'Sent to Ann.' });
});

const messages: readonly unknown[] = [undefined, 'Stop.', { role: 'tool', tool_call_id: 'call_1', content: 'Paid.' }];

test.each(messages)('refuses a message that is not a user message for a suspended run: %j', async (message) => {
  const { host, agent } = await suspended();

  await expect(host.sendMessage('pay', message as UserMessage)).rejects.toMatchObject({ code: 'config.invalid' });
  expect((await agent.resume('pay', { host }).outcome()).status).toBe('suspended');
});

test('approves the recorded call, even if the outcome object was changed', async () => {
  const { host, agent, outcome, pendingId, fingerprint } = await suspended();
  overwrite(outcome.messages);
  overwrite(outcome.pending);
  await host.answer('pay', pendingId, { type: 'approve', fingerprint });

  expect((await agent.resume('pay', { host })).messages).toEqual([
    { role: 'user', content: 'Pay Ann.' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'transfer', arguments: '{"to":"Ann"}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'Sent to Ann.' },
    { role: 'assistant', content: 'Done.' },
  ]);
});

/** As somebody would who hides from a log what is nobody's business. */
function overwrite(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Record<string, unknown>; // Arrays as well: by their indexes.
  for (const [key, field] of Object.entries(fields)) {
    if (typeof field === 'string') fields[key] = key === 'arguments' ? '{"to":"Mallory"}' : '***';
    else overwrite(field);
  }
}
