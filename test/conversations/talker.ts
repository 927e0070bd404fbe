import { writeSync } from 'node:fs';
import { Agent, ConversationError, conversation } from '@pawl/core';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';

/** Says twenty things in one conversation, as another process does: `node talker.ts <file> <name>`. Prints how often it was second. */
const [file = '', name = ''] = process.argv.slice(2);

const agent = new Agent({ model: scriptedModel(() => respond.text(`To ${name}.`)) });
const durable = sqliteHost(file);
const store = sqliteConversations(file);
const chat = conversation({ id: 'chat', store });
let told = 0;
for (let count = 0; count < 20; count++) {
  try {
    await agent.run(`${name} ${count}`, { conversation: chat, host: durable });
  } catch (error) {
    if (!ConversationError.isInstance(error)) throw error;
    told++;
    await chat.append(error.added);
  }
}
await durable.close();
await store.close();
writeSync(1, JSON.stringify({ told }));
