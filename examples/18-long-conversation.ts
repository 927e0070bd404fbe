// A conversation of many runs in a store. Its beginning is replaced by a summary when the model's context window fills.
import { Agent, conversation, memoryConversations, openai } from '@pawl/core';
import { compactBySummary } from '@pawl/core/middleware';
import { offlineServer, respond } from '@pawl/testing';

const server = await offlineServer({
  script: ({ messages }) => {
    if (String(messages[0]?.content).startsWith('Summarize')) return respond.text('They plan a walk along the coast.');
    const prompt = Math.ceil(JSON.stringify(messages).length / 4);
    const usage = { prompt_tokens: prompt, completion_tokens: 60, total_tokens: prompt + 60 };
    return respond.text('The coast is long, and the walk is longer. '.repeat(6), { usage });
  },
});
const model = openai('any', { baseURL: server.baseURL });
const middleware = [compactBySummary({ contextWindow: 1_000, threshold: 0.5, keepTurns: 2, model })];
const agent = new Agent({ instructions: 'You plan walks.', model, middleware });
const store = memoryConversations(); // or sqliteConversations('./chats.db') of @pawl/core/sqlite

for (let day = 1; day <= 8; day++) {
  const run = agent.run(`Day ${day}: where to?`, { conversation: conversation({ id: 'walk', store }) });
  run.on('turn.prepared', ({ edits = [] }) => {
    const replacedCount = edits.reduce((sum, { from, to }) => sum + to - from, 0);
    if (replacedCount > 0) console.log(`day ${day}: a summary replaces ${replacedCount} messages`);
  });
  await run;
}
const messages = await conversation({ id: 'walk', store }).getMessages();
console.log(messages.length, messages[0]?.content);
await server.close();
