// With an output schema, the output is validated and typed. The model corrects an invalid output.
import { Agent, openai } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const server = await offlineServer({
  script: [
    respond.text('{"city": "Oslo", "temperature": "seven", "umbrella": true}'),
    respond.text('{"city": "Oslo", "temperature": 7, "umbrella": true}'),
  ],
});

const agent = new Agent({
  model: openai('any', { baseURL: server.baseURL }),
  output: z.object({ city: z.string(), temperature: z.number(), umbrella: z.boolean() }),
});

const run = agent.run('It rains in Oslo, at seven degrees. What do I need?');
run.on('model.reprompted', ({ message }) => console.log(`reprompted: ${message.content}\n`));
const { output } = await run;

console.log(output.umbrella ? `Take an umbrella to ${output.city}.` : 'No umbrella.', output);
await server.close();
