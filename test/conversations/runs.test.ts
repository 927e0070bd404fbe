import { Agent, type Conversation, conversation, type Outcome, type Run, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { inputGuard, type Middleware } from '@pawl/core/middleware';
import { checkHistory, manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assistant, echo, stores, user } from './stores.ts';

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({}),
  effect: 'read',
  execute: () => 'seen',
});

describe.each(stores)('a conversation on $name', ({ open }) => {
  test('goes on over many runs, each of which reads all that was said', async () => {
    const { store } = open();
    const agent = echo({ instructions: 'Be short.' });
    for (const said of ['A', 'B', 'C']) await agent.run(said, { conversation: conversation({ id: 'chat', store }) });
    // The instructions are read by each, and stored by none.
    expect(await conversation({ id: 'chat', store }).messages()).toEqual([
      user('A'),
      assistant('2: A'),
      user('B'),
      assistant('4: B'),
      user('C'),
      assistant('6: C'),
    ]);
    await expect(store.load('chat')).resolves.toMatchObject({ version: 3 });
  });

  test('has nothing of another one', async () => {
    const { store } = open();
    const agent = echo();
    for (const id of ['one', 'two', 'one']) await agent.run(`Of ${id}.`, { conversation: conversation({ id, store }) });
    expect(await conversation({ id: 'one', store }).messages()).toHaveLength(4);
    expect(await conversation({ id: 'two', store }).messages()).toEqual([user('Of two.'), assistant('1: Of two.')]);
  });

  test('keeps calls with their results, under ids of their own', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    const script = [respond.call('look'), respond.text('A.'), respond.call('look'), respond.text('B.')];
    const agent = new Agent({ model: scriptedModel(script), tools: [look] });
    await agent.run('One.', { conversation: chat, host });
    const { messages } = await agent.run('Two.', { conversation: chat, host });
    expect(await chat.messages()).toEqual(messages);
    expect(messages.map(({ role }) => role)).toEqual([...TURN, ...TURN]);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('writes only what a run has added', async () => {
    const { store } = open();
    const written: unknown[] = [];
    const watched: typeof store = {
      load: (id) => store.load(id),
      save: (id, change) => {
        written.push([change.keep, change.messages.length]);
        return store.save(id, change);
      },
    };
    const agent = echo();
    for (const said of ['A', 'B', 'C']) {
      await agent.run(said, { conversation: conversation({ id: 'chat', store: watched }) });
    }
    expect(written).toEqual([
      [0, 2],
      [2, 2],
      [4, 2],
    ]);
  });

  test('is told to a run from the beginning: by its event, and in its record', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([user('A'), assistant('a')]);
    const run = echo().run('B', { conversation: chat, host, runId: 'run' });
    const begun: unknown[] = [];
    run.on('run.started', ({ messages }) => begun.push(messages));
    await run;
    const messages = [user('A'), assistant('a'), user('B')];
    expect(begun).toEqual([messages]);
    expect((await host.getRun('run')).record).toMatchObject({
      messages,
      conversation: { id: 'chat', version: 1, kept: 2 },
    });
  });

  test('has what middleware put in the place of what was there', async () => {
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
    const before = await chat.messages();
    const { messages } = await agent.run('Two.', { conversation: chat });
    expect(messages.filter(({ role }) => role === 'tool')).toMatchObject([{ content: '…' }]);
    expect(await chat.messages()).toEqual(messages);
    expect(before.filter(({ role }) => role === 'tool')).toMatchObject([{ content: 'seen' }]);
  });
});

const TURN = ['user', 'assistant', 'tool', 'assistant'];

interface Ending {
  readonly status: Outcome['status'];
  readonly said: readonly string[];
  readonly end: (chat: Conversation) => Run;
}

const ABORTED = new Error('enough');

const endings: readonly Ending[] = [
  {
    status: 'completed',
    said: [...TURN],
    end: (conversation) => begun([respond.call('look'), respond.text('Seen.')]).run('Go.', { conversation }),
  },
  {
    status: 'failed',
    said: ['user', 'assistant', 'tool'],
    end: (conversation) => begun([respond.call('look'), respond.httpError(400)]).run('Go.', { conversation }),
  },
  {
    status: 'limited',
    said: ['user', 'assistant', 'tool', 'user', 'assistant'],
    end: (conversation) =>
      begun([respond.call('look'), respond.text('So far.')]).run('Go.', { conversation, limits: { turns: 2 } }),
  },
  {
    status: 'aborted',
    said: ['user', 'assistant', 'tool'],
    end: (conversation) => {
      const run = begun([respond.call('look')]).run('Go.', { conversation });
      run.on('model.responded', () => run.abort(ABORTED));
      return run;
    },
  },
  {
    status: 'truncated',
    said: ['user'],
    end: (conversation) => begun([respond.truncated('So f')]).run('Go.', { conversation }),
  },
  {
    status: 'refused',
    said: ['user', 'assistant'],
    end: (conversation) => begun([respond.refusal('No.')]).run('Go.', { conversation }),
  },
];

function begun(script: Parameters<typeof scriptedModel>[0]): Agent {
  return new Agent({ model: scriptedModel(script), tools: [look], clock: manualClock() });
}

describe.each(stores)('of a run that ended on $name', ({ open }) => {
  test.each(endings)(
    '$status, the conversation has all that was said, and can be gone on with',
    async ({ end, status, said }) => {
      const { store } = open();
      const chat = conversation({ id: 'chat', store });
      await chat.append([user('Hello.'), assistant('Hello.')]);
      const outcome = await end(chat).outcome();
      expect(outcome.status).toBe(status);
      const stored = (await store.load('chat'))?.messages ?? [];
      expect(stored).toEqual(outcome.messages);
      expect(stored.map(({ role }) => role)).toEqual(['user', 'assistant', ...said]);
      expect(checkHistory(stored)).toEqual([]);
      const { messages } = await echo().run('And now?', { conversation: chat });
      expect(messages.slice(0, stored.length)).toEqual(stored);
      expect(checkHistory(messages)).toEqual([]);
    },
  );

  test('as refused by a guard, the conversation has nothing', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const guard = inputGuard({ name: 'polite', check: () => ({ type: 'refuse', reason: 'Rude.' }) });
    const outcome = await echo({ middleware: [guard] })
      .run('Rude.', { conversation: chat })
      .outcome();
    expect(outcome).toMatchObject({ status: 'refused', guard: 'polite' });
    await expect(store.load('chat')).resolves.toBeUndefined();
  });

  test('as failed by its instructions, the conversation has what the user said', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const instructions = (): never => {
      throw new Error('No template.');
    };
    await expect(echo({ instructions }).run('A', { conversation: chat }).outcome()).resolves.toMatchObject({
      status: 'failed',
      messages: [user('A')],
    });
    await expect(store.load('chat')).resolves.toMatchObject({ messages: [user('A')] });
  });
});

test('a run that is given no conversation is told so, before anything happens', () => {
  const run = (): unknown => Reflect.apply(Agent.prototype.run, echo(), ['A', { conversation: { id: 'chat' } }]);
  expect(run).toThrow('Agent "agent": conversation is no conversation. Pass conversation({ id, store }).');
});
