import { Agent, conversation, memoryConversations, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

const wait = tool({ name: 'wait', description: 'x', input: z.object({}) });
const usersWords = (messages: readonly Message[]): string =>
  messages.flatMap(({ role, content }) => (role === 'user' ? [String(content)] : [])).join(' / ');

/** Two agents as tools, each of which waits; the inner one may have an agent inside in turn. */
function lead(depth: number): Agent {
  const innermost = new Agent({
    name: 'sub',
    tools: [wait],
    model: scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? respond.text('All right.') : respond.call('wait'),
    ),
  });
  const outer = (inner: Agent, prompts: readonly string[]): Agent =>
    new Agent({
      name: 'lead',
      model: scriptedModel(({ messages }) =>
        messages.some(({ role }) => role === 'tool')
          ? respond.text(`I know of: ${usersWords(messages)}`)
          : respond.calls(prompts.map((prompt) => ({ name: 'sub', arguments: { prompt } }))),
      ),
      tools: [inner.asTool({ name: 'sub', description: 'x' })],
    });
  return depth === 1 ? outer(innermost, ['A', 'B']) : outer(outer(innermost, ['C']), ['A', 'B']);
}

describe.each(hosts)('a user on $name who writes while agents inside wait', ({ open }) => {
  test.each([1, 2])('closes their calls and is heard by the run itself (%s deep)', async (depth) => {
    const host = open();
    const store = memoryConversations();
    const chat = () => conversation({ id: 'c', store });
    const first = await lead(depth).run('Plan a trip.', { host, runId: 'r', conversation: chat() }).outcome();
    const ids = first.status === 'suspended' ? first.pending.map(({ id }) => id) : [];
    await host.sendMessage('r', { role: 'user', content: 'Forget that, book a taxi.' });
    await expect(
      host.answer('r', ids[0] ?? '', { type: 'result', fingerprint: 'any', value: 1 }),
    ).rejects.toMatchObject({ code: 'approval.used' });
    const outcome = await lead(depth).resume('r', { host, conversation: chat() }).outcome();

    expect(ids).toHaveLength(2);
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'I know of: Plan a trip. / Forget that, book a taxi.',
    });
    expect(checkHistory(outcome.messages)).toEqual([]);
    expect(usersWords(await chat().messages())).toBe('Plan a trip. / Forget that, book a taxi.');
  });

  test('does not close the call of an agent that was answered before', async () => {
    const host = open();
    const agent = lead(1);
    const first = await agent.run('Plan a trip.', { host, runId: 'r' }).outcome();
    const [answered] = first.status === 'suspended' ? first.pending : [];
    if (answered === undefined) throw new Error(first.status);
    await host.answer('r', answered.id, { type: 'result', fingerprint: answered.fingerprint, value: 'A is done' });
    await host.sendMessage('r', { role: 'user', content: 'Forget the rest.' });
    const { messages } = await agent.resume('r', { host }).outcome();

    const results = messages.flatMap(({ role, content }) => (role === 'tool' ? [String(content)] : []));
    expect(results[0]).toBe('All right.');
    expect(results[1]).toMatch(/^Cancelled: /);
    expect(usersWords(messages)).toBe('Plan a trip. / Forget the rest.');
  });

  test('is heard although the run is resumed twice before the model is asked', async () => {
    const host = open();
    const agent = lead(1);
    await agent.run('Plan a trip.', { host, runId: 'r' }).outcome();
    await host.sendMessage('r', { role: 'user', content: 'Stop.' });
    const first = await agent.resume('r', { host }).outcome();

    expect(await agent.resume('r', { host }).outcome()).toEqual(first);
    expect(usersWords(first.messages)).toBe('Plan a trip. / Stop.');
  });
});
