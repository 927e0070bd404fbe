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

/** What holds of one store holds of every store. On SQLite it shares its file with the runs. */
export const stores: readonly StoreUnderTest[] = [
  { name: 'memory', open: () => ({ host: memoryHost(), store: memoryConversations() }) },
  {
    name: 'SQLite',
    open: () => {
      const file = createFile();
      return { host: openSqlite(file), store: sqliteStore(file) };
    },
  },
];

/** Closed after the test. */
export function sqliteStore(file: string): ConversationStore {
  const store = sqliteConversations(file);
  onTestFinished(() => store.close());
  return store;
}

/** Says back what it was told last, and how many messages it has read. */
export function echo(options: Partial<AgentOptions<unknown, string>> = {}): Agent {
  const model = scriptedModel(({ messages }) =>
    respond.text(`${messages.length}: ${String(messages.at(-1)?.content)}`),
  );
  return new Agent({ model, ...options });
}

export function user(content: string) {
  return { role: 'user', content } as const;
}

export function assistant(content: string) {
  return { role: 'assistant', content } as const;
}
