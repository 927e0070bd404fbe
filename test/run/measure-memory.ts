// What a run leaves in memory until all of it is collected, in bytes:
//   node --expose-gc measure-memory.ts <base URL> <streamed|whole>
// A process of its own, so that nothing but the runs leaves anything.
import { Agent, openai, tool } from '@pawl/core';
import { z } from 'zod';

const [, , baseURL = '', how = ''] = process.argv;
const RUNS = 300;

const add = tool({
  name: 'add',
  description: 'Adds.',
  input: z.object({ turn: z.number() }),
  effect: 'read',
  execute: ({ turn }) => `It is turn ${turn}.`,
});
const model = openai('any', { baseURL, apiKey: 'key' });
const agent = new Agent({ model, instructions: 'Count.', tools: [add] });

await runRepeatedly(50); // What is made once.
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
await runRepeatedly(RUNS);
await globalThis.gc?.({ type: 'minor', execution: 'async' });
await globalThis.gc?.({ type: 'minor', execution: 'async' });
console.log(Math.round((process.memoryUsage().heapUsed - before) / RUNS));

async function runRepeatedly(count: number): Promise<void> {
  for (let run = 0; run < count; run++) {
    const running = agent.run('Go.', { stream: how === 'streamed' });
    running.on('tool.finished', () => undefined);
    await running;
  }
}
