import { Agent, openai, tool } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { requestProblems } from '../reference/validators.ts';

function looking(given: unknown[]): ReturnType<typeof tool> {
  return tool({
    name: 'look',
    description: 'Looks at the weather.',
    input: z.object({ city: z.string(), days: z.int().default(1), note: z.string().optional() }),
    execute: (input) => given.push(input),
  });
}

test('sends strict schemas to a server that supports them, and reads its nulls as missing values', async () => {
  const server = await offlineServer({
    script: [respond.call('look', { city: 'Oslo', days: null, note: null }), respond.text('Done.')],
  });
  const given: unknown[] = [];
  const model = openai('m', { baseURL: server.baseURL, profile: 'openai', apiKey: 'key' });
  await new Agent({ model, tools: [looking(given)] }).run('Look.');
  expect(given).toEqual([{ city: 'Oslo', days: 1 }]);
  expect(server.requests.map(({ body }) => [requestProblems(body), body.tools])).toEqual(
    server.requests.map(() => [
      [],
      [
        {
          type: 'function',
          function: {
            name: 'look',
            description: 'Looks at the weather.',
            parameters: {
              type: 'object',
              properties: {
                city: { type: 'string' },
                days: {
                  type: ['integer', 'null'],
                  description: 'Default: 1.',
                  minimum: Number.MIN_SAFE_INTEGER,
                  maximum: Number.MAX_SAFE_INTEGER,
                },
                note: { type: ['string', 'null'] },
              },
              required: ['city', 'days', 'note'],
              additionalProperties: false,
            },
            strict: true,
          },
        },
      ],
    ]),
  );
  await server.close();
});

test('sends plain JSON Schema to other servers, and for tools that are not strict', async () => {
  const server = await offlineServer({ script: () => respond.text('Done.') });
  const plain = openai('m', { baseURL: server.baseURL });
  const strict = openai('m', { baseURL: server.baseURL, profile: 'openai', apiKey: 'key' });
  const input = z.object({ city: z.string() });
  const options = { name: 'look', description: 'Looks.', input, execute: () => '' };
  await new Agent({ model: plain, tools: [tool(options)] }).run('Look.');
  await new Agent({ model: strict, tools: [tool({ ...options, strict: false })] }).run('Look.');
  const { functionObject } = tool(options);
  expect(server.requests.map(({ body }) => body.tools)).toEqual([
    [{ type: 'function', function: functionObject }],
    [{ type: 'function', function: functionObject }],
  ]);
  await server.close();
});

test('converts the schemas of 200 tools once', async () => {
  let conversions = 0;
  const schema = {
    '~standard': {
      version: 1,
      vendor: 'counted',
      validate: (value: unknown) => ({ value }),
      jsonSchema: {
        get input() {
          conversions++;
          return () => ({ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] });
        },
      },
    },
  } as const;
  const tools = Array.from({ length: 200 }, (_, index) =>
    tool({ name: `look_${index}`, description: 'Looks.', input: schema, execute: () => 'seen' }),
  );
  expect(conversions).toBe(200);
  const server = await offlineServer({
    script: ({ messages }) =>
      messages.at(-1)?.role === 'tool' ? respond.text('Done.') : respond.call('look_7', { a: 'x' }),
  });
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), tools });
  await agent.run('Look.');
  await agent.run('Look again.');
  expect([conversions, server.requests.length]).toEqual([200, 4]);
  await server.close();
});
