import { writeSync } from 'node:fs';
import { Agent, ConversationError, conversation } from '@pawl/core';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';

/** Makes twenty runs in one conversation from another process: `node conversation-writer.ts <file> <name>`. Prints its number of conflicts. */
const [file = '', name = ''] = process.argv.slice(2);

const agent = new Agent({ model: scriptedModel(() => respond.text(`To ${name}.`)) });
const host = sqliteHost(file);
const store = sqliteConversations(file);
const chat = conversation({ id: 'chat', store });
let conflictCount = 0;
for (let count = 0; count < 20; count++) {
  try {
    await agent.run(`${name} ${count}`, { conversation: chat, host });
  } catch (error) {
    if (!ConversationError.isInstance(error)) throw error;
    conflictCount++;
    await chat.append(error.added);
  }
}
await host.close();
await store.close();
writeSync(1, JSON.stringify({ conflictCount }));
