import { Agent, type Conversation, conversation, type Outcome, type Run, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { inputGuard, type Middleware } from '@pawl/core/middleware';
import { checkHistory, manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asAssistant, asUser, createEchoAgent, stores } from './stores.ts';

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({}),
  effect: 'read',
  execute: () => 'seen',
});

describe.each(stores)('a conversation on $name', ({ open }) => {
  test('continues over many runs, each of which reads all messages', async () => {
    const { store } = open();
    const agent = createEchoAgent({ instructions: 'Be short.' });
    for (const roles of ['A', 'B', 'C']) await agent.run(roles, { conversation: conversation({ id: 'chat', store }) });
    // Each run sends the instructions, and none stores them.
    expect(await conversation({ id: 'chat', store }).getMessages()).toEqual([
      asUser('A'),
      asAssistant('2: A'),
      asUser('B'),
      asAssistant('4: B'),
      asUser('C'),
      asAssistant('6: C'),
    ]);
    await expect(store.load('chat')).resolves.toMatchObject({ version: 3 });
  });

  test('has no messages of another conversation', async () => {
    const { store } = open();
    const agent = createEchoAgent();
    for (const id of ['one', 'two', 'one']) await agent.run(`Of ${id}.`, { conversation: conversation({ id, store }) });
    expect(await conversation({ id: 'one', store }).getMessages()).toHaveLength(4);
    expect(await conversation({ id: 'two', store }).getMessages()).toEqual([
      asUser('Of two.'),
      asAssistant('1: Of two.'),
    ]);
  });

  test('keeps calls with their results, with unique ids', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    const script = [respond.call('look'), respond.text('A.'), respond.call('look'), respond.text('B.')];
    const agent = new Agent({ model: scriptedModel(script), tools: [look] });
    await agent.run('One.', { conversation: chat, host });
    const { messages } = await agent.run('Two.', { conversation: chat, host });
    expect(await chat.getMessages()).toEqual(messages);
    expect(messages.map(({ role }) => role)).toEqual([...TURN, ...TURN]);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('writes only the messages that a run added', async () => {
    const { store } = open();
    const written: unknown[] = [];
    const watched: typeof store = {
      load: (id) => store.load(id),
      save: (id, change) => {
        written.push([change.keep, change.messages.length]);
        return store.save(id, change);
      },
    };
    const agent = createEchoAgent();
    for (const roles of ['A', 'B', 'C']) {
      await agent.run(roles, { conversation: conversation({ id: 'chat', store: watched }) });
    }
    expect(written).toEqual([
      [0, 2],
      [2, 2],
      [4, 2],
    ]);
  });

  test('is named in the first event of a run and in its record', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([asUser('A'), asAssistant('a')]);
    const run = createEchoAgent().run('B', { conversation: chat, host, runId: 'run' });
    const createAgent: unknown[] = [];
    run.on('run.started', ({ messages }) => createAgent.push(messages));
    await run;
    const messages = [asUser('A'), asAssistant('a'), asUser('B')];
    expect(createAgent).toEqual([messages]);
    expect((await host.getRun('run')).record).toMatchObject({
      messages,
      conversation: { id: 'chat', version: 1, kept: 2 },
    });
  });

  test('has the replacements of middleware', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const model = scriptedModel([respond.call('look'), respond.text('A.'), respond.text('B.')]);
    const shorter: Middleware = {
      prepareTurn: (plan) => {
        if (plan.messages.at(-1)?.content !== 'Two.') return plan;
        const short = (message: Message): Message => (message.role === 'tool' ? { ...message, content: '…' } : message);
        return { ...plan, messages: plan.messages.map(short), replaceHistory: true };
      },
    };
    const agent = new Agent({ model, tools: [look], middleware: [shorter] });
    await agent.run('One.', { conversation: chat });
    const before = await chat.getMessages();
    const { messages } = await agent.run('Two.', { conversation: chat });
    expect(messages.filter(({ role }) => role === 'tool')).toMatchObject([{ content: '…' }]);
    expect(await chat.getMessages()).toEqual(messages);
    expect(before.filter(({ role }) => role === 'tool')).toMatchObject([{ content: 'seen' }]);
  });
});

const TURN = ['user', 'assistant', 'tool', 'assistant'];

interface EndingCase {
  readonly status: Outcome['status'];
  readonly roles: readonly string[];
  readonly end: (chat: Conversation) => Run;
}

const ABORTED = new Error('enough');

const ENDINGS: readonly EndingCase[] = [
  {
    status: 'completed',
    roles: [...TURN],
    end: (conversation) => createAgent([respond.call('look'), respond.text('Seen.')]).run('Go.', { conversation }),
  },
  {
    status: 'failed',
    roles: ['user', 'assistant', 'tool'],
    end: (conversation) => createAgent([respond.call('look'), respond.httpError(400)]).run('Go.', { conversation }),
  },
  {
    status: 'limited',
    roles: ['user', 'assistant', 'tool', 'user', 'assistant'],
    end: (conversation) =>
      createAgent([respond.call('look'), respond.text('So far.')]).run('Go.', { conversation, limits: { turns: 2 } }),
  },
  {
    status: 'aborted',
    roles: ['user', 'assistant', 'tool'],
    end: (conversation) => {
      const run = createAgent([respond.call('look')]).run('Go.', { conversation });
      run.on('model.responded', () => run.abort(ABORTED));
      return run;
    },
  },
  {
    status: 'truncated',
    roles: ['user'],
    end: (conversation) => createAgent([respond.truncated('So f')]).run('Go.', { conversation }),
  },
  {
    status: 'refused',
    roles: ['user', 'assistant'],
    end: (conversation) => createAgent([respond.refusal('No.')]).run('Go.', { conversation }),
  },
];

function createAgent(script: Parameters<typeof scriptedModel>[0]): Agent {
  return new Agent({ model: scriptedModel(script), tools: [look], clock: manualClock() });
}

describe.each(stores)('a conversation on $name after a run', ({ open }) => {
  test.each(ENDINGS)('that ended as $status has all messages, and can be continued', async ({ end, status, roles }) => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([asUser('Hello.'), asAssistant('Hello.')]);
    const outcome = await end(chat).outcome();
    expect(outcome.status).toBe(status);
    const stored = (await store.load('chat'))?.messages ?? [];
    expect(stored).toEqual(outcome.messages);
    expect(stored.map(({ role }) => role)).toEqual(['user', 'assistant', ...roles]);
    expect(checkHistory(stored)).toEqual([]);
    const { messages } = await createEchoAgent().run('And now?', { conversation: chat });
    expect(messages.slice(0, stored.length)).toEqual(stored);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('that a guard refused has no messages of it', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const guard = inputGuard({ name: 'polite', check: () => ({ type: 'refuse', reason: 'Rude.' }) });
    const outcome = await createEchoAgent({ middleware: [guard] })
      .run('Rude.', { conversation: chat })
      .outcome();
    expect(outcome).toMatchObject({ status: 'refused', guard: 'polite' });
    await expect(store.load('chat')).resolves.toBeUndefined();
  });

  test('whose instructions failed has the message of the user', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const instructions = (): never => {
      throw new Error('No template.');
    };
    await expect(createEchoAgent({ instructions }).run('A', { conversation: chat }).outcome()).resolves.toMatchObject({
      status: 'failed',
      messages: [asUser('A')],
    });
    await expect(store.load('chat')).resolves.toMatchObject({ messages: [asUser('A')] });
  });
});

test('refuses a value that is not a conversation before the run starts', () => {
  const run = (): unknown =>
    Reflect.apply(Agent.prototype.run, createEchoAgent(), ['A', { conversation: { id: 'chat' } }]);
  expect(run).toThrow(
    'Agent "agent": conversation is an object, which is not a conversation. Pass conversation({ id, store }).',
  );
});
