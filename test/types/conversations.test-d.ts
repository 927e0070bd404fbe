import {
  Agent,
  type ChatModel,
  type Conversation,
  ConversationError,
  conversation,
  type HostError,
  memoryConversations,
  memoryHost,
  type Outcome,
  tool,
} from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import type { ConversationStore, RunRecord } from '@pawl/core/host';
import { type SqliteConversations, sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;
declare const store: ConversationStore;

const who = tool({
  name: 'who',
  description: 'Needs a user.',
  input: z.object({}),
  execute: (_, { context }: { readonly context: { readonly user: string } }) => context.user,
});

describe('a conversation', () => {
  test('has an id and a store, and messages that nobody changes in place', async () => {
    const chat = conversation({ id: 'chat', store });
    expectTypeOf(chat).toEqualTypeOf<Conversation>();
    expectTypeOf(chat.messages()).resolves.toEqualTypeOf<readonly Message[]>();
    await chat.append([{ role: 'user', content: 'Hello.' }]);
    // @ts-expect-error: messages have roles
    await chat.append([{ content: 'Hello.' }]);
    // @ts-expect-error: it is kept somewhere
    conversation({ id: 'chat' });
  });

  test('is kept in memory, in a file, or in a store of yours', () => {
    expectTypeOf(memoryConversations()).toEqualTypeOf<ConversationStore>();
    expectTypeOf(sqliteConversations('runs.db', { synchronous: 'normal' })).toEqualTypeOf<SqliteConversations>();
    expectTypeOf<SqliteConversations>().toExtend<ConversationStore>();
    // @ts-expect-error: a file is named
    sqliteConversations();
  });

  test('is what a run is given, at its beginning and when it is resumed', async () => {
    const chat = conversation({ id: 'chat', store });
    const agent = new Agent({ model });
    await agent.run('Hello.', { conversation: chat });
    await agent.resume('run', { host: memoryHost(), conversation: chat });
    // @ts-expect-error: an id is not enough
    await agent.run('Hello.', { conversation: 'chat' });
    // @ts-expect-error: what is enqueued is part of none
    await memoryHost().enqueue('agent', 'Hello.', { conversation: chat });
  });

  test('is asked of those who have a host resume their runs, with the record of one that has it', async () => {
    const host = sqliteHost('runs.db');
    const agent = new Agent({ model });
    await host.resumeAll([{ agent, conversation: ({ conversation: { id } }) => conversation({ id, store }) }]);
    await host.resumeAll([{ agent, conversation: (record: RunRecord) => conversation({ id: record.runId, store }) }]);
    const needy = new Agent({ model, tools: [who] });
    await host.resumeAll([
      {
        agent: needy,
        context: () => ({ user: 'ada' }),
        conversation: ({ conversation: { id } }) => conversation({ id, store }),
      },
    ]);
    // @ts-expect-error: the context is missing
    await host.resumeAll([{ agent: needy, conversation: () => conversation({ id: 'chat', store }) }]);
    // @ts-expect-error: an id is not enough
    await host.resumeAll([{ agent, conversation: () => 'chat' }]);
  });

  test('that was gone on with is told with the outcome, and what is missing', () => {
    const error = {} as ConversationError<string>;
    expectTypeOf(error).toExtend<HostError>();
    expectTypeOf(error.outcome).toEqualTypeOf<Outcome>();
    expectTypeOf(error.added).toEqualTypeOf<readonly Message[]>();
    const caught: unknown = error;
    if (ConversationError.isInstance(caught)) expectTypeOf(caught.outcome.messages).toEqualTypeOf<readonly Message[]>();
  });
});
