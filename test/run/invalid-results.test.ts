import { Agent, type RunEvent, tool } from '@pawl/core';
import type { ToolFailedEvent, ToolFinishedEvent } from '@pawl/core/events';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Closed {
  readonly event: ToolFinishedEvent | ToolFailedEvent | undefined;
  /** The tool message that the model read. */
  readonly read: unknown;
}

async function called(execute: () => unknown): Promise<Closed> {
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute });
  const model = scriptedModel([respond.call('look'), respond.text('Done.')]);
  const run = new Agent({ model, tools: [look] }).run('Go.');
  const events: RunEvent[] = [];
  run.on('*', (event) => events.push(event));
  await run;
  const event = events.find(({ type }) => type === 'tool.finished' || type === 'tool.failed');
  const read = model.requests[1]?.messages.at(-1)?.content;
  return { event: event as Closed['event'], read }; // By its type.
}

test.each([
  ['a promise', () => ({ user: { orders: [Promise.resolve('Rain.')] } }), 'user.orders[0] is a promise. Await it.'],
  [
    'a response',
    () => new Response('Rain.'),
    'it is a Response. Return the result of await response.json() or response.text().',
  ],
  ['bytes', () => ({ pdf: Buffer.from('Rain.') }), 'pdf is a Buffer of 5 bytes.'],
  ['a stream', () => new ReadableStream(), 'it is a stream (ReadableStream).'],
  ['a function', () => () => 'Rain.', 'it is a function.'],
  ['a weak map', () => ({ value: new WeakMap() }), 'value is a WeakMap, which has no fields.'],
])('fails a result with %s, and says where it is and that the call ran', async (_, execute, problem) => {
  const { event, read } = await called(execute);
  const message = expect.stringContaining(`The call ran, but its result cannot be read: ${problem}`);
  expect(event).toMatchObject({ type: 'tool.failed', reason: 'threw', error: { name: 'ConfigError', message } });
  expect(JSON.parse(String(read))).toEqual({ error: message });
});

test('does not repeat a non-idempotent call because of its result', async () => {
  let calls = 0;
  await called(() => {
    calls++;
    return [Promise.resolve()];
  });
  expect(calls).toBe(1);
});

test('reports a result of circular objects in bounded length', async () => {
  const groups = Array.from({ length: 5 }, (_, id): { id: number; users: unknown[] } => ({ id, users: [] }));
  const users = groups.map(({ id }) => ({ id, groups: [...groups] }));
  for (const group of groups) group.users.push(...users);
  const { event } = await called(() => groups);
  const { fullContent: full = '', lossyPaths: lossy = [] } = event?.type === 'tool.finished' ? event : {};

  expect({ isBounded: full.length < 1_000_000, hasLossyPaths: lossy.length > 0 }).toEqual({
    isBounded: true,
    hasLossyPaths: true,
  });
});
