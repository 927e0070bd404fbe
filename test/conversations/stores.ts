import { Agent, type AgentOptions, type Host, memoryConversations, memoryHost } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { sqliteConversations } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { onTestFinished } from 'vitest';
import { createFile, openSqlite } from '../durable/hosts.ts';

export interface StoreUnderTest {
  readonly name: string;
  readonly open: () => { readonly host: Host; readonly store: ConversationStore };
}

/** Every store, each with a host. The SQLite store shares its file with the runs. */
export const stores: readonly StoreUnderTest[] = [
  { name: 'memory', open: () => ({ host: memoryHost(), store: memoryConversations() }) },
  {
    name: 'SQLite',
    open: () => {
      const file = createFile();
      return { host: openSqlite(file), store: openSqliteStore(file) };
    },
  },
];

/** Opens a store that closes after the test. */
export function openSqliteStore(file: string): ConversationStore {
  const store = sqliteConversations(file);
  onTestFinished(() => store.close());
  return store;
}

/** Creates an agent that responds with the number of messages and the last one. */
export function createEchoAgent(options: Partial<AgentOptions<unknown, string>> = {}): Agent {
  const model = scriptedModel(({ messages }) =>
    respond.text(`${messages.length}: ${String(messages.at(-1)?.content)}`),
  );
  return new Agent({ model, ...options });
}

export function asUser(content: string) {
  return { role: 'user', content } as const;
}

export function asAssistant(content: string) {
  return { role: 'assistant', content } as const;
}
