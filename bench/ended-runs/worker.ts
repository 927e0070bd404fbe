import { createInterface } from 'node:readline';
import { HostError } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { createBenchAgent } from './agent.ts';

/** Runs agents on a file, thirty in parallel, until standard input ends. Prints how they ended, and the longest time. */
const [file = ''] = process.argv.slice(2);
const host = sqliteHost(file);
const agent = createBenchAgent();
const ends = new Map<string, number>();
let isOver = false;
let slowestMs = 0;

async function runSequence(number: number): Promise<void> {
  for (let count = 0; !isOver; count++) {
    const startedAt = performance.now();
    const ended = await agent
      .run('Go.', { host, runId: `live-${number}-${count}` })
      .outcome()
      .then(({ status }) => status as string)
      .catch((error: unknown) => (HostError.isInstance(error) ? error.code : String(error)));
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    ends.set(ended, (ends.get(ended) ?? 0) + 1);
  }
}

const lanes = Array.from({ length: 30 }, (_, number) => runSequence(number));
console.log('at work');
for await (const _ of createInterface({ input: process.stdin })) {
  // The input is ignored; only its end counts.
}
isOver = true;
await Promise.all(lanes);
console.log(JSON.stringify(Object.fromEntries(ends)), `slowest ${slowestMs.toFixed(0)} ms`);
await host.close();
