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
  test('has an id and a store, and readonly messages', async () => {
    const chat = conversation({ id: 'chat', store });
    expectTypeOf(chat).toEqualTypeOf<Conversation>();
    expectTypeOf(chat.getMessages()).resolves.toEqualTypeOf<readonly Message[]>();
    await chat.append([{ role: 'user', content: 'Hello.' }]);
    // @ts-expect-error: messages have roles
    await chat.append([{ content: 'Hello.' }]);
    // @ts-expect-error: the store is missing
    conversation({ id: 'chat' });
  });

  test('is stored in memory, in a file, or in a custom store', () => {
    expectTypeOf(memoryConversations()).toEqualTypeOf<ConversationStore>();
    expectTypeOf(sqliteConversations('runs.db', { synchronous: 'normal' })).toEqualTypeOf<SqliteConversations>();
    expectTypeOf<SqliteConversations>().toExtend<ConversationStore>();
    // @ts-expect-error: the file is missing
    sqliteConversations();
  });

  test('is an option of run and resume', async () => {
    const chat = conversation({ id: 'chat', store });
    const agent = new Agent({ model });
    await agent.run('Hello.', { conversation: chat });
    await agent.resume('run', { host: memoryHost(), conversation: chat });
    // @ts-expect-error: an id is not a conversation
    await agent.run('Hello.', { conversation: 'chat' });
    // @ts-expect-error: enqueued runs have no conversation
    await memoryHost().enqueue('agent', 'Hello.', { conversation: chat });
  });

  test('is a parameter of resumeAll, as a function of the record', async () => {
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
    // @ts-expect-error: an id is not a conversation
    await host.resumeAll([{ agent, conversation: () => 'chat' }]);
  });

  test('conflict has the outcome and the missing messages', () => {
    const error = {} as ConversationError<string>;
    expectTypeOf(error).toExtend<HostError>();
    expectTypeOf(error.outcome).toEqualTypeOf<Outcome>();
    expectTypeOf(error.added).toEqualTypeOf<readonly Message[]>();
    const caught: unknown = error;
    if (ConversationError.isInstance(caught)) expectTypeOf(caught.outcome.messages).toEqualTypeOf<readonly Message[]>();
  });
});
