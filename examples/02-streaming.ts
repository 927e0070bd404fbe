// A run is a stream of events: iterate over it for everything in order, or listen to what you need.
import { Agent, openai, tool } from '@pawl/core';
import { offlineServer } from '@pawl/testing';
import { z } from 'zod';

const weather = tool({
  name: 'get_weather',
  description: 'Current weather in a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => `Sun in ${city}, 21 degrees.`,
});

const server = await offlineServer();
const agent = new Agent({ model: openai('any', { baseURL: server.baseURL }), tools: [weather] });

const run = agent.run('What is the weather in Lisbon?');
run.on('tool.finished', ({ call }) => console.log(`[${call.id} finished]`));

let pieces = 0;
for await (const event of run) {
  if (event.type !== 'text.delta') continue;
  process.stdout.write(event.delta);
  pieces++;
}
console.log(`\n(${pieces > 1 ? 'in pieces' : 'in one piece'})`);
await server.close();
