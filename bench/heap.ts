// Heap over 10,000 runs in one process: after the last thousand it must be within 5 % of that after the second thousand.
// Run it with `npm run bench`; it exits with 1 where the heap has grown further.
import { Agent, openai, tool } from '@pawl/core';
import { offlineServer, reply } from '@pawl/testing';
import { z } from 'zod';

const RUNS = 10_000;
const AT_ONCE = 50;
const ALLOWED = 1.05;

const add = tool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  effect: 'read',
  execute: ({ a, b }) => a + b,
});

const server = await offlineServer({
  keepRequests: 1,
  script: ({ messages }) => (messages.at(-1)?.role === 'tool' ? reply.text('5') : reply.call('add', { a: 2, b: 3 })),
});
const agent = new Agent({ model: openai('any', { baseURL: server.baseURL }), tools: [add] });

async function one(): Promise<void> {
  const run = agent.run('What is 2 and 3?');
  run.on('tool.finished', () => undefined);
  await run;
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('Run with --expose-gc, or by npm run bench.');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const heaps: number[] = [];
for (let done = 0; done < RUNS; done += AT_ONCE) {
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  if ((done + AT_ONCE) % 1_000 === 0) heaps.push(heapBytes());
}
await server.close();

const [, second = Number.NaN] = heaps;
const ratio = (heaps.at(-1) ?? Number.NaN) / second;
for (const [index, bytes] of heaps.entries())
  console.log(`after ${(index + 1) * 1_000} runs: ${(bytes / 2 ** 20).toFixed(2)} MiB`);
console.log(`last to second thousand: ${ratio.toFixed(3)} (allowed: ${ALLOWED})`);
process.exitCode = ratio <= ALLOWED ? 0 : 1;
