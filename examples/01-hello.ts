// The smallest agent: one tool, one question. Awaiting a run gives a completed run, or throws a RunError.
import { Agent, openai, tool } from '@pawl/core';
import { offlineServer } from '@pawl/testing';
import { z } from 'zod';

const weather = tool({
  name: 'get_weather',
  description: 'Current weather in a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => `Rain in ${city}, 7 degrees.`,
});

const server = await offlineServer(); // Leave it out, and baseURL with it, to ask OpenAI: the key is in OPENAI_API_KEY.
const model = openai('gpt-5-mini', { baseURL: server.baseURL });

const agent = new Agent({ model, instructions: 'Be brief.', tools: [weather] });
const { output } = await agent.run('What is the weather in Oslo?');

console.log(output);
await server.close();
