// Researchers run in parallel under one budget: their usage counts for the lead's run, and an exceeded limit says which run spent it.
import { Agent, openai } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';

const topics = ['tides', 'dunes', 'storms'];
const usage = { prompt_tokens: 900, completion_tokens: 100, total_tokens: 1_000 };
const server = await offlineServer({
  script: ({ messages }) => {
    const topic = messages.findLast(({ role }) => role === 'user')?.content;
    if (topics.includes(String(topic))) return respond.text(`All about ${topic}.`, { usage });
    if (messages.at(-1)?.role === 'tool') return respond.text('The coast, in short.', { usage });
    return respond.calls(
      topics.map((prompt) => ({ name: 'research', arguments: { prompt } })),
      { usage },
    );
  },
});
const model = openai('any', { baseURL: server.baseURL, price: { input: 1, output: 4 } });
const modelSettings = { max_completion_tokens: 200 };
const researcher = new Agent({ name: 'researcher', model, modelSettings });
const research = researcher.asTool({ name: 'research', description: 'Researches one topic.' });
const lead = new Agent({ name: 'lead', model, modelSettings, tools: [research], limits: { cost: 0.05 } });

const run = lead.run('Write about the coast.');
run.on(
  'run.finished',
  ({ path, outcome }) => path !== '' && console.log(`${path}: ${outcome.usage.totalTokens} tokens`),
);
const { output, usage: spent } = await run;
console.log(`${output} ${spent.totalTokens} tokens, $${spent.cost.toFixed(4)}`);

const outcome = await lead.run('Write about the coast.', { limits: { tokens: 4_500 } }).outcome();
if (outcome.status === 'limited') console.log(outcome.limit, outcome.spent, outcome.spentBy);
await server.close();
