import { Agent, type ToolFinished, tool } from '@pawl/core';
import { reply, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

async function told(value: unknown): Promise<ToolFinished | undefined> {
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => ({ value }) });
  const model = scriptedModel([reply.call('look'), reply.text('Done.')]);
  const run = new Agent({ model, tools: [look] }).run('Go.');
  let fact: ToolFinished | undefined;
  run.on('tool.finished', (event) => {
    fact = event;
  });
  await run;
  return fact;
}

const opaque: Readonly<Record<string, unknown>> = {
  Response: new Response('Rain.'),
  ReadableStream: new ReadableStream(),
  Promise: Promise.resolve('Rain.'),
  RegExp: /rain/,
  WeakMap: new WeakMap(),
};

test.each(Object.entries(opaque))('a %s in a result, which has no fields, is told by its kind', async (kind, value) => {
  expect(await told(value)).toMatchObject({ content: `{"value":"[${kind}]"}`, lossy: ['value'] });
});

test('a result whose objects all refer to one another is told in bounds', async () => {
  const groups = Array.from({ length: 5 }, (_, id): { id: number; users: unknown[] } => ({ id, users: [] }));
  const users = groups.map(({ id }) => ({ id, groups: [...groups] }));
  for (const group of groups) group.users.push(...users);
  const { full = '', lossy = [] } = (await told(groups)) ?? {};

  expect({ isBounded: full.length < 1_000_000, isTold: lossy.length > 0 }).toEqual({ isBounded: true, isTold: true });
});
