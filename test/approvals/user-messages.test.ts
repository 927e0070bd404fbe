import { Agent, conversation, memoryConversations, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const wait = tool({ name: 'wait', description: 'x', input: z.object({}) });
const joinUserTexts = (messages: readonly Message[]): string =>
  messages.flatMap(({ role, content }) => (role === 'user' ? [String(content)] : [])).join(' / ');

/** Creates an agent with two waiting agents as tools, `depth` levels deep. */
function createLead(depth: number): Agent {
  const innermost = new Agent({
    name: 'sub',
    tools: [wait],
    model: scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? respond.text('All right.') : respond.call('wait'),
    ),
  });
  const createOuter = (inner: Agent, prompts: readonly string[]): Agent =>
    new Agent({
      name: 'lead',
      model: scriptedModel(({ messages }) =>
        messages.some(({ role }) => role === 'tool')
          ? respond.text(`I know of: ${joinUserTexts(messages)}`)
          : respond.calls(prompts.map((prompt) => ({ name: 'sub', arguments: { prompt } }))),
      ),
      tools: [inner.asTool({ name: 'sub', description: 'x' })],
    });
  return depth === 1 ? createOuter(innermost, ['A', 'B']) : createOuter(createOuter(innermost, ['C']), ['A', 'B']);
}

describe.each(hosts)('a message of the user on $name while inner agents wait', ({ open }) => {
  test.each([1, 2])('cancels their calls and reaches the outer run (%s deep)', async (depth) => {
    const host = open();
    const store = memoryConversations();
    const chat = () => conversation({ id: 'c', store });
    const first = await createLead(depth).run('Plan a trip.', { host, runId: 'r', conversation: chat() }).outcome();
    const ids = first.status === 'suspended' ? first.pending.map(({ id }) => id) : [];
    await host.sendMessage('r', { role: 'user', content: 'Forget that, book a taxi.' });
    await expect(
      host.answer('r', ids[0] ?? '', { type: 'result', fingerprint: 'any', value: 1 }),
    ).rejects.toMatchObject({ code: 'approval.used' });
    const outcome = await createLead(depth).resume('r', { host, conversation: chat() }).outcome();

    expect(ids).toHaveLength(2);
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'I know of: Plan a trip. / Forget that, book a taxi.',
    });
    expect(checkHistory(outcome.messages)).toEqual([]);
    expect(joinUserTexts(await chat().getMessages())).toBe('Plan a trip. / Forget that, book a taxi.');
  });

  test('does not cancel the call of an agent that was answered before', async () => {
    const host = open();
    const agent = createLead(1);
    const first = await agent.run('Plan a trip.', { host, runId: 'r' }).outcome();
    const [answered] = first.status === 'suspended' ? first.pending : [];
    if (answered === undefined) throw new Error(first.status);
    await host.answer('r', answered.id, { type: 'result', fingerprint: answered.fingerprint, value: 'A is done' });
    await host.sendMessage('r', { role: 'user', content: 'Forget the rest.' });
    const { messages } = await agent.resume('r', { host }).outcome();

    const results = messages.flatMap(({ role, content }) => (role === 'tool' ? [String(content)] : []));
    expect(results[0]).toBe('All right.');
    expect(results[1]).toMatch(/^Cancelled: /);
    expect(joinUserTexts(messages)).toBe('Plan a trip. / Forget the rest.');
  });

  test('reaches the model although the run is resumed twice before', async () => {
    const host = open();
    const agent = createLead(1);
    await agent.run('Plan a trip.', { host, runId: 'r' }).outcome();
    await host.sendMessage('r', { role: 'user', content: 'Stop.' });
    const first = await agent.resume('r', { host }).outcome();

    expect(await agent.resume('r', { host }).outcome()).toEqual(first);
    expect(joinUserTexts(first.messages)).toBe('Plan a trip. / Stop.');
  });
});
