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
import { assistant, echo, stores, user } from './stores.ts';

const contents = (messages: readonly Message[]): readonly string[] =>
  messages.map(({ role, content }) => `${role}: ${content ?? 'calls'}`);

/** Refunds what a user asks for, once a person agrees. Any other message is said back. */
function refunder(ran: string[] = []): Agent {
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
    return last?.content === 'Refund me.' ? respond.call('refund') : respond.text(`You said: ${String(last?.content)}`);
  });
  return new Agent({ name: 'clerk', model, tools: [refund] });
}

async function suspended(
  agent: Agent,
  options: { readonly host: Host; readonly conversation: Conversation },
): Promise<void> {
  const outcome = await agent.run('Refund me.', { ...options, runId: 'refund' }).outcome();
  expect(outcome.status).toBe('suspended');
}

async function approve(host: Host, runId = 'refund'): Promise<void> {
  const { outcome } = await host.getRun(runId);
  for (const { id, fingerprint } of outcome?.status === 'suspended' ? outcome.pending : []) {
    await host.answer(runId, id, { type: 'approve', fingerprint });
  }
}

describe.each(stores)('a conversation on $name that appends', ({ open }) => {
  test('has what a run executed although another run has ended in between', async () => {
    const ran: string[] = [];
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    const options = { host, conversation: chat };
    await suspended(refunder(ran), options);
    await refunder(ran).run('And the weather?', options);
    await approve(host);
    const outcome = await refunder(ran).resume('refund', options).outcome();
    const messages = await chat.messages();

    expect(outcome).toMatchObject({ status: 'completed', output: 'Done: refund 1' });
    expect(contents(messages)).toEqual([
      'user: Refund me.',
      'user: And the weather?',
      'assistant: You said: And the weather?',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('shows what the user said while the run waits', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    await suspended(refunder(), { host, conversation: chat });

    expect(contents(await chat.messages())).toEqual(['user: Refund me.']);
    const open2 = await host.listRuns({ conversation: 'c', status: 'suspended' });
    expect(open2.map(({ runId }) => runId)).toEqual(['refund']);
  });

  test('has each message once if nobody writes in between, however often the run is suspended and resumed', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    const options = { host, conversation: chat };
    await suspended(refunder(), options);
    for (let times = 0; times < 3; times++) await refunder().resume('refund', options).outcome();
    await approve(host);
    await refunder().resume('refund', options);
    await refunder().resume('refund', options);

    expect(contents(await chat.messages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
  });

  test('appends what two runs at once said, the one that ends second too', async () => {
    const { store } = open();
    const chat = conversation({ id: 'c', store });
    await chat.append([user('Hello.'), assistant('Hello.')]);
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const slow = new Agent({ model: scriptedModel([respond.delayed(respond.text('Slow.'), { until })]) });
    const second = slow.run('Slowly.', { conversation: chat });
    await new Promise((begun) => second.on('run.started', begun));
    await echo().run('Quickly.', { conversation: chat });
    resolve();
    await second;

    expect(contents(await chat.messages())).toEqual([
      'user: Hello.',
      'assistant: Hello.',
      'user: Quickly.',
      'assistant: 3: Quickly.',
      'user: Slowly.',
      'assistant: Slow.',
    ]);
  });

  test('keeps a run of the same id on another host', async () => {
    const { store } = open();
    const chat = conversation({ id: 'c', store });
    for (const [startMs, word] of ['A', 'B'].entries()) {
      // Runs of one id differ by when they began.
      const clock = manualClock({ startMs });
      await echo({ clock }).run(word, { host: memoryHost({ clock }), runId: 'same', conversation: chat });
    }

    expect((await chat.messages()).filter(({ role }) => role === 'user')).toEqual([user('A'), user('B')]);
  });
});

describe.each(stores)('a conversation on $name that fails on conflicts', ({ open }) => {
  test('takes the rest of a run that was suspended', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'fail' });
    const options = { host, conversation: chat };
    await suspended(refunder(), options);
    expect(contents(await chat.messages())).toEqual(['user: Refund me.']);
    await approve(host);
    await refunder().resume('refund', options);

    expect(contents(await chat.messages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
  });

  test('gives what it does not have, and advice that runs no tool again', async () => {
    const ran: string[] = [];
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'fail' });
    const options = { host, conversation: chat };
    await suspended(refunder(ran), options);
    await chat.append([user('And?')]);
    await approve(host);
    const error = await refunder(ran)
      .resume('refund', options)
      .outcome()
      .catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      code: 'conversation.conflict',
      message: expect.stringContaining('Do not run the input again'),
    });
    await chat.append((error as { readonly added: readonly Message[] }).added);
    expect(contents(await chat.messages()).slice(1)).toEqual([
      'user: And?',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
    ]);
    expect(ran).toEqual(['refund']);
  });
});

describe.each(stores)('a conversation on $name that queues', ({ open }) => {
  test('begins a run when the open one has ended', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'queue' });
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const slow = new Agent({ model: scriptedModel([respond.delayed(respond.text('First.'), { until })]) });
    const first = slow.run('A', { host, conversation: chat });
    await new Promise((begun) => first.on('run.started', begun));
    const others = ['B', 'C'].map((word) => echo().run(word, { host, conversation: chat }));
    resolve();
    await Promise.all([first, ...others]);

    expect(contents(await chat.messages())).toEqual([
      'user: A',
      'assistant: First.',
      'user: B',
      'assistant: 3: B',
      'user: C',
      'assistant: 5: C',
    ]);
  });

  test('rejects at once, naming the run, if the open one is suspended', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'queue' });
    await suspended(refunder(), { host, conversation: chat });

    await expect(echo().run('B', { host, conversation: chat }).outcome()).rejects.toMatchObject({
      code: 'conversation.open',
      message: expect.stringContaining('"refund", which is suspended'),
    });
  });

  test('ends a run that is aborted while it waits, and lets the next one begin', async () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store, onConflict: 'queue' });
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const slow = new Agent({ model: scriptedModel([respond.delayed(respond.text('First.'), { until })]) });
    const first = slow.run('A', { host, conversation: chat });
    await new Promise((begun) => first.on('run.started', begun));
    const [second, third] = ['B', 'C'].map((word) => echo().run(word, { host, conversation: chat }));
    second?.abort('never mind');
    expect(await second?.outcome()).toMatchObject({ status: 'aborted', reason: 'never mind' });
    resolve();
    await Promise.all([first, third]);

    expect(contents(await chat.messages())).toEqual(['user: A', 'assistant: First.', 'user: C', 'assistant: 3: C']);
  });

  test('needs a host', () => {
    const { store } = open();
    expect(() => echo().run('A', { conversation: conversation({ id: 'c', store, onConflict: 'queue' }) })).toThrow(
      'onConflict "queue" needs the host',
    );
  });
});

describe.each(stores)('agent.continueConversation on $name', ({ open }) => {
  const place = () => {
    const { host, store } = open();
    const chat = conversation({ id: 'c', store });
    return { host, chat, options: { host, conversation: chat } };
  };

  test('begins a run if none is open', async () => {
    const { chat, options } = place();
    expect(await echo().continueConversation('A', options)).toMatchObject({ output: '1: A' });
    expect(await echo().continueConversation('B', options)).toMatchObject({ output: '3: B' });
    expect(await chat.messages()).toHaveLength(4);
  });

  test('writes to a suspended run, whose calls are closed, and resumes it', async () => {
    const ran: string[] = [];
    const { chat, options } = place();
    await suspended(refunder(ran), options);
    const run = refunder(ran).continueConversation('Forget it.', options);
    const outcome = await run.outcome();

    expect(run.runId).toBe('refund');
    expect(outcome).toMatchObject({ status: 'completed', output: 'You said: Forget it.' });
    expect(ran).toEqual([]);
    expect(contents(await chat.messages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: Cancelled: this call was not run.',
      'user: Forget it.',
      'assistant: You said: Forget it.',
    ]);
  });

  test('finishes a run that was answered, and then begins a new one', async () => {
    const ran: string[] = [];
    const { host, chat, options } = place();
    await suspended(refunder(ran), options);
    await approve(host);
    await refunder(ran).continueConversation('Thanks.', options);

    expect(contents(await chat.messages())).toEqual([
      'user: Refund me.',
      'assistant: calls',
      'tool: refund 1',
      'assistant: Done: refund 1',
      'user: Thanks.',
      'assistant: You said: Thanks.',
    ]);
  });

  test('says it to a run at work, and follows that one', async () => {
    const { chat, options } = place();
    const look = tool({
      name: 'look',
      description: 'L',
      input: z.object({}),
      effect: 'read',
      execute: () => new Promise((resolve) => setImmediate(resolve, 'nothing yet')),
    });
    // It works until it has read what the user says meanwhile.
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
    expect((await chat.messages()).filter(({ role }) => role === 'user')).toEqual([user('A'), user('B')]);
  });

  test('begins one run for a double click', async () => {
    const { host, chat, options } = place();
    const runs = ['A', 'B', 'C'].map((word) => echo().continueConversation(word, options));
    await Promise.all(runs);
    const users = (await chat.messages()).filter(({ role }) => role === 'user');

    expect(users.map(({ content }) => content).sort()).toEqual(['A', 'B', 'C']);
    expect((await host.listRuns({ conversation: 'c' })).every(({ status }) => status === 'completed')).toBe(true);
  });

  test('is aborted as a run is', async () => {
    const { options } = place();
    const run = echo().continueConversation('A', { ...options, signal: AbortSignal.abort('never mind') });
    expect(await run.outcome()).toMatchObject({ status: 'aborted' });
  });

  test('has a context, a host and a conversation, and takes what a user says', () => {
    const { options } = place();
    const call = (message: unknown, given: unknown): Run =>
      Reflect.apply(echo().continueConversation, echo(), [message, given]);
    expect(() => call('A', { host: options.host })).toThrow('has no conversation');
    expect(() => call('A', { conversation: options.conversation })).toThrow('has no host');
    expect(() => call({ role: 'assistant', content: 'A' }, options)).toThrow('takes what a user says');
  });
});

test('onConflict is one of three', () => {
  const make = (): unknown => conversation({ id: 'c', store: memoryConversations(), onConflict: 'merge' as never });
  expect(make).toThrow('onConflict is the text "merge". Pass "append", "fail" or "queue".');
});
