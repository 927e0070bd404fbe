import {
  Agent,
  type Conversation,
  conversation,
  type Host,
  memoryConversations,
  memoryHost,
  type Run,
  tool,
} from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { checkHistory, manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asAssistant, asUser, createEchoAgent, stores } from './stores.ts';

const contents = (messages: readonly Message[]): readonly string[] =>
  messages.map(({ role, content }) => `${role}: ${content ?? 'calls'}`);

/** Creates an agent whose refunds need approval. It repeats other messages. */
function createRefundAgent(ran: string[] = []): Agent {
  const refund = tool({
    name: 'refund',
    description: 'Pays back.',
    input: z.object({}),
    needsApproval: true,
    execute: () => `refund ${ran.push('refund')}`,
  });
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return respond.text(`Done: ${String(last.content)}`);
    return last?.content === 'Refund me.'
      ? respond.call('refund')
      : respond.text(`You wrote: ${String(last?.content)}`);
  });
  return new Agent({ name: 'clerk', model, tools: [refund] });
}

async function suspendRun(
  agent: Agent,
  options: { readonly host: Host; readonly conversation: Conversation },
): Promise<void> {
  const outcome = await agent.run('Refund me.', { ...options, runId: 'refund' }).outcome();
  expect(outcome.status).toBe('suspended');
}

async function approveRun(host: Host, runId = 'refund'): Promise<void> {
  const { outcome } = await host.getRun(runId);
  for (const { id, fingerprint } of outcome?.status === 'suspended' ? outcome.pending : []) {
    await host.answer(runId, id, { type: 'approve', fingerprint });
  }
}

describe.each(stores)('a conversation on $name with onConflict append', ({ open }) => {
  test('has the messages of a run although another run ended before it', async () => {
    const ran: string[] = [];
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    const options = { host, conversation: chat };
    await suspendRun(createRefundAgent(ran), options);
    await createRefundAgent(ran).run('And the weather?', options);
    await approveRun(host);
    const outcome = await createRefundAgent(ran).resume('refund', options).outcome();
    const messages = await chat.getMessages();

    expect(outcome).toMatchObject({ status: 'completed', output: 'Done: refund 1' });
    expect(contents(messages)).toEqual([
      'user: Refund me.',
      'user: And the weather?',
      'assistant: You wrote: And the weather?',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('has the message of the user while the run waits', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    await suspendRun(createRefundAgent(), { host, conversation: chat });

    expect(contents(await chat.getMessages())).toEqual(['user: Refund me.']);
    const open2 = await host.listRuns({ conversation: 'c', status: 'suspended' });
    expect(open2.map(({ runId }) => runId)).toEqual(['refund']);
  });

  test('has each message once, however often the run is suspended and resumed', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    const options = { host, conversation: chat };
    await suspendRun(createRefundAgent(), options);
    for (let times = 0; times < 3; times++) await createRefundAgent().resume('refund', options).outcome();
    await approveRun(host);
    await createRefundAgent().resume('refund', options);
    await createRefundAgent().resume('refund', options);

    expect(contents(await chat.getMessages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
  });

  test('appends the messages of two parallel runs', async () => {
    const { store } = open();
    const chat = conversation({ id: 'c', store });
    await chat.append([asUser('Hello.'), asAssistant('Hello.')]);
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const slow = new Agent({ model: scriptedModel([respond.delayed(respond.text('Slow.'), { until })]) });
    const second = slow.run('Slowly.', { conversation: chat });
    await new Promise((begun) => second.on('run.started', begun));
    await createEchoAgent().run('Quickly.', { conversation: chat });
    resolve();
    await second;

    expect(contents(await chat.getMessages())).toEqual([
      'user: Hello.',
      'assistant: Hello.',
      'user: Quickly.',
      'assistant: 3: Quickly.',
      'user: Slowly.',
      'assistant: Slow.',
    ]);
  });

  test('keeps the messages of runs with the same id on two hosts', async () => {
    const { store } = open();
    const chat = conversation({ id: 'c', store });
    for (const [startMs, word] of ['A', 'B'].entries()) {
      // Runs with the same id differ by their start time.
      const clock = manualClock({ startMs });
      await createEchoAgent({ clock }).run(word, { host: memoryHost({ clock }), runId: 'same', conversation: chat });
    }

    expect((await chat.getMessages()).filter(({ role }) => role === 'user')).toEqual([asUser('A'), asUser('B')]);
  });
});

describe.each(stores)('a conversation on $name with onConflict fail', ({ open }) => {
  test('stores the other messages of a suspended run', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'fail' });
    const options = { host, conversation: chat };
    await suspendRun(createRefundAgent(), options);
    expect(contents(await chat.getMessages())).toEqual(['user: Refund me.']);
    await approveRun(host);
    await createRefundAgent().resume('refund', options);

    expect(contents(await chat.getMessages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
  });

  test('rejects with the missing messages, and advice that repeats no tool', async () => {
    const ran: string[] = [];
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'fail' });
    const options = { host, conversation: chat };
    await suspendRun(createRefundAgent(ran), options);
    await chat.append([asUser('And?')]);
    await approveRun(host);
    const error = await createRefundAgent(ran)
      .resume('refund', options)
      .outcome()
      .catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      code: 'conversation.conflict',
      message: expect.stringContaining('Do not run the input again'),
    });
    await chat.append((error as { readonly added: readonly Message[] }).added);
    expect(contents(await chat.getMessages()).slice(1)).toEqual([
      'user: And?',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
    expect(ran).toEqual(['refund']);
  });
});

describe.each(stores)('a conversation on $name with onConflict queue', ({ open }) => {
  test('starts a run when the open one has ended', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'queue' });
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const slow = new Agent({ model: scriptedModel([respond.delayed(respond.text('First.'), { until })]) });
    const first = slow.run('A', { host, conversation: chat });
    await new Promise((begun) => first.on('run.started', begun));
    const others = ['B', 'C'].map((word) => createEchoAgent().run(word, { host, conversation: chat }));
    resolve();
    await Promise.all([first, ...others]);

    expect(contents(await chat.getMessages())).toEqual([
      'user: A',
      'assistant: First.',
      'user: B',
      'assistant: 3: B',
      'user: C',
      'assistant: 5: C',
    ]);
  });

  test('rejects at once with the id of the open run if that is suspended', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'queue' });
    await suspendRun(createRefundAgent(), { host, conversation: chat });

    await expect(createEchoAgent().run('B', { host, conversation: chat }).outcome()).rejects.toMatchObject({
      code: 'conversation.open',
      message: expect.stringContaining('"refund", which is suspended'),
    });
  });

  test('ends a run that is aborted while it waits, and starts the next one', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'queue' });
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const slow = new Agent({ model: scriptedModel([respond.delayed(respond.text('First.'), { until })]) });
    const first = slow.run('A', { host, conversation: chat });
    await new Promise((begun) => first.on('run.started', begun));
    const [second, third] = ['B', 'C'].map((word) => createEchoAgent().run(word, { host, conversation: chat }));
    second?.abort('never mind');
    expect(await second?.outcome()).toMatchObject({ status: 'aborted', reason: 'never mind' });
    resolve();
    await Promise.all([first, third]);

    expect(contents(await chat.getMessages())).toEqual(['user: A', 'assistant: First.', 'user: C', 'assistant: 3: C']);
  });

  test('needs a host', () => {
    const { store } = open();
    expect(() =>
      createEchoAgent().run('A', { conversation: conversation({ id: 'c', store, onConflict: 'queue' }) }),
    ).toThrow('onConflict "queue" needs the host');
  });
});

describe.each(stores)('agent.continueConversation on $name', ({ open }) => {
  const createOptions = () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    return { host, chat, options: { host, conversation: chat } };
  };

  test('starts a run if none is open', async () => {
    const { chat, options } = createOptions();
    expect(await createEchoAgent().continueConversation('A', options)).toMatchObject({ output: '1: A' });
    expect(await createEchoAgent().continueConversation('B', options)).toMatchObject({ output: '3: B' });
    expect(await chat.getMessages()).toHaveLength(4);
  });

  test('sends the message to a suspended run, cancels its calls, and resumes it', async () => {
    const ran: string[] = [];
    const { chat, options } = createOptions();
    await suspendRun(createRefundAgent(ran), options);
    const run = createRefundAgent(ran).continueConversation('Forget it.', options);
    const outcome = await run.outcome();

    expect(run.runId).toBe('refund');
    expect(outcome).toMatchObject({ status: 'completed', output: 'You wrote: Forget it.' });
    expect(ran).toEqual([]);
    expect(contents(await chat.getMessages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: Cancelled: this call was not run.',
      'user: Forget it.',
      'assistant: You wrote: Forget it.',
    ]);
  });

  test('finishes an answered run, then starts a new one', async () => {
    const ran: string[] = [];
    const { host, chat, options } = createOptions();
    await suspendRun(createRefundAgent(ran), options);
    await approveRun(host);
    await createRefundAgent(ran).continueConversation('Thanks.', options);

    expect(contents(await chat.getMessages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
      'user: Thanks.',
      'assistant: You wrote: Thanks.',
    ]);
  });

  test('sends the message to a running run, and follows it', async () => {
    const { chat, options } = createOptions();
    const look = tool({
      name: 'look',
      description: 'L',
      input: z.object({}),
      effect: 'read',
      execute: () => new Promise((resolve) => setImmediate(resolve, 'nothing yet')),
    });
    // The run works until it has read the new message.
    const model = scriptedModel(({ messages }) =>
      messages.some(({ content }) => content === 'B') ? respond.text('B it is.') : respond.call('look'),
    );
    const agent = new Agent({ model, tools: [look], limits: { turns: 100_000 } });
    const first = agent.run('A', { ...options, runId: 'first' });
    await new Promise((begun) => first.on('tool.started', begun));
    const second = agent.continueConversation('B', options);
    const [one, other] = await Promise.all([first, second]);

    expect(second.runId).toBe('first');
    expect(other).toEqual(one);
    expect(one.output).toBe('B it is.');
    expect((await chat.getMessages()).filter(({ role }) => role === 'user')).toEqual([asUser('A'), asUser('B')]);
  });

  test('starts one run for a double click', async () => {
    const { host, chat, options } = createOptions();
    const runs = ['A', 'B', 'C'].map((word) => createEchoAgent().continueConversation(word, options));
    await Promise.all(runs);
    const users = (await chat.getMessages()).filter(({ role }) => role === 'user');

    expect(users.map(({ content }) => content).sort()).toEqual(['A', 'B', 'C']);
    expect((await host.listRuns({ conversation: 'c' })).every(({ status }) => status === 'completed')).toBe(true);
  });

  test('is aborted like a run', async () => {
    const { options } = createOptions();
    const run = createEchoAgent().continueConversation('A', { ...options, signal: AbortSignal.abort('never mind') });
    expect(await run.outcome()).toMatchObject({ status: 'aborted' });
  });

  test('accepts a context, a host, a conversation and user input', () => {
    const { options } = createOptions();
    const call = (message: unknown, given: unknown): Run =>
      Reflect.apply(createEchoAgent().continueConversation, createEchoAgent(), [message, given]);
    expect(() => call('A', { host: options.host })).toThrow('has no conversation');
    expect(() => call('A', { conversation: options.conversation })).toThrow('has no host');
    expect(() => call({ role: 'assistant', content: 'A' }, options)).toThrow('takes a message of a user');
  });
});

test('refuses an unknown onConflict', () => {
  const make = (): unknown => conversation({ id: 'c', store: memoryConversations(), onConflict: 'merge' as never });
  expect(make).toThrow('onConflict is the text "merge". Pass "append", "fail" or "queue".');
});
