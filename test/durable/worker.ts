import { appendFileSync, writeSync } from 'node:fs';
import { Agent, type ChatRequest, type Outcome, type RunEvent, tool } from '@pawl/core';
import { sqlite } from '@pawl/core/sqlite';
import { type CallEntry, type ModelReply, reply, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/**
 * A process that works on one run of a file, from wherever the last one left it. `node worker.ts <file> <journal> <n>`
 * kills itself, as a crash would, at the n-th thing that it does; 0 never. What it does is written to the journal, which
 * no crash takes back. At its end it prints the outcome.
 */
const [file = '', journal = '', killAt = '0'] = process.argv.slice(2);

let count = 0;

function mark(what: string): void {
  appendFileSync(journal, `${what}\n`);
  if (++count === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}

const city = z.object({ city: z.string() });

const look = tool({ name: 'look', description: 'Looks.', input: city, effect: 'read', execute: working('look') });
const book = tool({ name: 'book', description: 'Books.', input: city, effect: 'idempotent', execute: working('book') });
const pay = tool({ name: 'pay', description: 'Pays.', input: city, effect: 'once', execute: working('pay') });
const fly = tool({
  name: 'fly',
  description: 'Flies.',
  input: city,
  effect: 'once',
  needsApproval: true,
  execute: working('fly'),
});

function working(name: string) {
  return async ({ city }: { readonly city: string }, { idempotencyKey }: { readonly idempotencyKey: string }) => {
    mark(`start ${name} ${idempotencyKey}`);
    await new Promise((resolve) => setTimeout(resolve, city.length));
    mark(`end ${name} ${idempotencyKey}`);
    return `${name} ${city}`;
  };
}

/** Six turns: parallel calls, one that has to be corrected, one that a person approves. */
const TURNS: readonly (readonly CallEntry[])[] = [
  [
    { name: 'look', arguments: { city: 'Oslo' } },
    { name: 'pay', arguments: { city: 'Amsterdam' } },
    { name: 'book', arguments: { city: 'Bonn' } },
  ],
  [{ name: 'book', arguments: { town: 'Bonn' } }],
  [{ name: 'book', arguments: { city: 'Bonn' } }],
  [
    { name: 'fly', arguments: { city: 'Oslo' } },
    { name: 'look', arguments: { city: 'Rome' } },
  ],
  [{ name: 'pay', arguments: { city: 'Oslo' } }],
];

function answer({ messages }: ChatRequest): ModelReply {
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  mark(`ask ${turn}`);
  const calls = TURNS[turn];
  if (calls === undefined) return reply.text('All done.');
  return reply.calls(calls.map((call, index) => ({ ...call, id: `call_${turn}_${index}` })));
}

const agent = new Agent({
  model: scriptedModel(answer),
  tools: [look, book, pay, fly],
});

const host = sqlite(file);

async function attempt(): Promise<Outcome<unknown>> {
  const isThere = (await host.runs()).length > 0;
  const run = isThere ? agent.resume('run', { durable: host }) : agent.run('Go.', { durable: host, runId: 'run' });
  run.on('*', (event: RunEvent) => {
    if (event.replayed === true || !('activeMs' in event)) return;
    mark('content' in event ? `kept tool:${event.turn}.${event.index}` : `kept ${event.type}`);
  });
  return run.outcome();
}

let outcome = await attempt();
while (outcome.status === 'suspended') {
  for (const { id, fingerprint } of outcome.pending) {
    mark(`answer ${id}`);
    await host.answer('run', id, { type: 'approve', fingerprint });
    mark(`answered ${id}`);
  }
  outcome = await attempt();
}
await host.close();
writeSync(1, JSON.stringify(outcome));
