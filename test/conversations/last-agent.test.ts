import { Agent, type Conversation, conversation, memoryConversations, memoryHost, type RunEvent } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { stores } from './stores.ts';

const TO_BILLING = respond.call('transfer_to_billing', {});
const TO_REFUNDS = respond.call('transfer_to_refunds', {});

interface Replies {
  readonly desk?: readonly ScriptedModelResponse[];
  readonly billing?: readonly ScriptedModelResponse[];
  readonly refunds?: readonly ScriptedModelResponse[];
}

/** A desk that hands over to billing, which hands over to refunds, and back. */
function createDesk({ desk = [], billing = [], refunds = [] }: Replies) {
  const models = {
    desk: scriptedModel(desk),
    billing: scriptedModel(billing),
    refunds: scriptedModel(refunds),
  };
  const refundsAgent = new Agent({ name: 'refunds', model: models.refunds, instructions: 'You refund.' });
  const billingAgent: Agent = new Agent({
    name: 'billing',
    model: models.billing,
    instructions: 'You do the bills.',
    handoffs: () => [refundsAgent, agent],
  });
  const agent: Agent = new Agent({ name: 'desk', model: models.desk, handoffs: [billingAgent] });
  return { agent, models };
}

const withLast = (chat: Conversation): Conversation => conversation({ ...chat, startingAgent: 'last' });

describe.each(stores)('in a conversation on $name', ({ open }) => {
  test('a run begins with the agent that had the conversation last, if its conversation asks for that', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'chat', store });
    const { agent, models } = createDesk({
      desk: [TO_BILLING, respond.text('Desk again.')],
      billing: [respond.text('Paid.'), respond.text('On Monday.')],
    });
    await agent.run('Did I pay?', { conversation: chat, host });
    const events: RunEvent[] = [];
    const run = agent.run('When?', { conversation: withLast(chat), host });
    run.on('run.started', (event) => events.push(event));
    run.on('handoff.completed', (event) => events.push(event));
    expect(await run).toMatchObject({ output: 'On Monday.', agent: 'billing', turnCount: 1 });
    expect(events).toMatchObject([
      { type: 'run.started', agent: 'desk', startingAgent: 'billing', step: 'start' },
      { type: 'handoff.completed', turn: 0, from: 'desk', to: 'billing', step: 'handoff:0' },
    ]);
    expect(models.billing.requests.at(-1)?.messages.map(({ content }) => content)).toEqual([
      'You do the bills.',
      'Did I pay?',
      null,
      'Handed over to billing.',
      'Paid.',
      'When?',
    ]);
    expect(await agent.run('Hello?', { conversation: chat, host })).toMatchObject({ agent: 'desk' });
    expect(await store.load('chat')).toMatchObject({ details: { lastAgent: 'desk' } });
  });

  test('a run begins with an agent that only a handoff of a handoff reaches, and one that hands back ends with it', async () => {
    const { host, store } = open();
    const chat = withLast(conversation({ id: 'chat', store }));
    const { agent } = createDesk({
      desk: [TO_BILLING, respond.text('Anything else?'), respond.text('Bye.')],
      billing: [TO_REFUNDS, respond.call('transfer_to_desk', {})],
      refunds: [respond.text('Refunded.'), respond.text('Twice.')],
    });
    expect(await agent.run('Refund me.', { conversation: chat, host })).toMatchObject({ agent: 'refunds' });
    expect(await agent.run('Again.', { conversation: chat, host })).toMatchObject({
      agent: 'refunds',
      output: 'Twice.',
    });
    await store.save('chat', { version: 2, keep: 0, messages: [], details: { lastAgent: 'billing' } });
    const limits = { handoffs: 1 }; // The handoff to the last agent does not count.
    expect(await agent.run('Back.', { conversation: chat, host, limits })).toMatchObject({ output: 'Anything else?' });
    expect(await agent.run('Thanks.', { conversation: chat, host })).toMatchObject({ agent: 'desk', output: 'Bye.' });
  });

  test('the last agent of parallel runs is that of the run that ends last', async () => {
    const { host, store } = open();
    const chat = withLast(conversation({ id: 'chat', store }));
    const { agent } = createDesk({ desk: [respond.text('Hello.'), TO_BILLING], billing: [respond.text('Paid.')] });
    await chat.append([{ role: 'user', content: 'Before.' }]);
    const first = agent.run('One.', { conversation: chat, host });
    first.on('run.started', () => undefined);
    await first;
    const second = agent.run('Two.', { conversation: chat, host });
    second.on('handoff.completed', () => void chat.append([{ role: 'user', content: 'Meanwhile.' }]));
    await second;
    expect(await store.load('chat')).toMatchObject({ details: { lastAgent: 'billing' } });
    await chat.clear();
    expect(await store.load('chat')).toMatchObject({ messages: [], details: {} });
  });
});

test('an agent that no handoff reaches any more, or whose handoff does not apply, leaves the run to the given agent', async () => {
  const store = memoryConversations();
  const chat = conversation({ id: 'chat', store, startingAgent: 'last' });
  const billing = new Agent<{ readonly vip: boolean }>({
    name: 'billing',
    model: scriptedModel(() => respond.text('B')),
  });
  const model = scriptedModel(() => respond.text('D'));
  const when = ({ vip }: { readonly vip: boolean }): boolean => vip;
  const desk = new Agent({ name: 'desk', model, handoffs: [billing.asHandoff({ when })] });
  const runAfterBilling = async (vip: boolean): Promise<string> => {
    const { version } = (await store.load('chat')) ?? { version: 0 };
    await store.save('chat', { version, keep: 0, messages: [], details: { lastAgent: 'billing' } });
    return (await desk.run('Go.', { conversation: chat, context: { vip } })).output;
  };
  expect(await runAfterBilling(true)).toBe('B');
  expect(await runAfterBilling(false)).toBe('D');
  const { version } = (await store.load('chat')) ?? { version: 0 };
  await store.save('chat', { version, keep: 0, messages: [], details: { lastAgent: 'gone' } });
  expect((await desk.run('Go.', { conversation: chat, context: { vip: true } })).output).toBe('D');
});

test('the input filter of the handoff decides what the last agent sees', async () => {
  const store = memoryConversations();
  const chat = conversation({ id: 'chat', store, startingAgent: 'last' });
  await chat.append(['A', 'B', 'C'].map((content) => ({ role: 'user', content })));
  await store.save('chat', { version: 1, keep: 3, messages: [], details: { lastAgent: 'billing' } });
  const model = scriptedModel([respond.text('Seen.')]);
  const billing = new Agent({ name: 'billing', model });
  const handoffs = [billing.asHandoff({ inputFilter: (messages: readonly Message[]) => messages.slice(-2) })];
  const desk = new Agent({ name: 'desk', model: scriptedModel([]), handoffs });
  const { messages } = await desk.run('D', { conversation: chat });
  expect(model.requests[0]?.messages.map(({ content }) => content)).toEqual(['C', 'D']);
  expect(messages.map(({ content }) => content)).toEqual(['A', 'B', 'C', 'D', 'Seen.']);
});

test('a run that fails before the handoff leaves the last agent as it was', async () => {
  const store = memoryConversations();
  const chat = conversation({ id: 'chat', store, startingAgent: 'last' });
  await store.save('chat', { version: 0, keep: 0, messages: [], details: { lastAgent: 'billing' } });
  const instructions = (): string => {
    throw new Error('No instructions.');
  };
  const billing = new Agent({ name: 'billing', model: scriptedModel([]), instructions });
  const desk = new Agent({ name: 'desk', model: scriptedModel([]), handoffs: [billing] });
  expect(await desk.run('Go.', { conversation: chat, host: memoryHost() }).outcome()).toMatchObject({
    status: 'failed',
    agent: 'billing',
    error: { message: 'No instructions.' },
  });
  expect(await store.load('chat')).toMatchObject({ details: { lastAgent: 'billing' } });
});
