import { Agent, customTool, jsonSchema, memoryHost, type Run, type Tool, tool } from '@pawl/core';
import type { Repair } from '@pawl/core/events';
import { zod3 } from '@pawl/core/zod3';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { useServer } from './use-server.ts';

/** A tool that keeps what it is given. */
function keeping(input: z.ZodObject | ReturnType<typeof jsonSchema>, given: unknown[] = []): Tool<unknown> {
  // Either kind of schema: `tool` asks which.
  return tool({
    name: 'keep',
    input: input as z.ZodObject,
    effect: 'read',
    execute: (value) => `Kept ${given.push(value)}.`,
  });
}

interface Played {
  readonly result: unknown;
  readonly mends: readonly Repair[];
}

/** What came of one call with these arguments, and what was repaired of them. */
async function played(used: Tool<unknown>, written: string): Promise<Played> {
  const mends: Repair[] = [];
  const model = scriptedModel([respond.call('keep', written), respond.text('Done.')]);
  const run: Run<string> = new Agent({ model, tools: [used] }).run('Go.');
  run.on('response.repaired', (event) => mends.push(...event.repairs));
  const { messages } = await run.outcome();
  return { result: messages[2]?.content, mends };
}

test.each(['null', ' null ', '"null"', '""', '"{}"', 'None', 'undefined', '[]', '"[]"'])(
  'the arguments %j of a tool without parameters are {}, and that is reported',
  async (written) => {
    const given: unknown[] = [];
    const note = `${written.trim()}: read as {}`;
    const { result, mends } = await played(keeping(z.object({}), given), written);
    expect(result).toBe('Kept 1.');
    expect(mends).toContainEqual({ path: 'message.tool_calls[0].function.arguments', note });
    expect(given).toEqual([{}]);
  },
);

test.each(['{}', '{ }', '{"city":null}'])('does not repair the arguments %j', async (written) => {
  const input = z.object({ city: z.string().optional() });
  expect(await played(keeping(input), written)).toEqual({ result: 'Kept 1.', mends: [] });
});

test('returns an error for an empty list if the tool has parameters', async () => {
  const { result } = await played(keeping(z.object({ city: z.string().optional() })), '[]');
  expect(result).toBe('arguments: expected object, got array');
  expect(
    (await played(keeping(jsonSchema({ type: 'object', additionalProperties: { type: 'string' } })), '[]')).result,
  ).toBe('arguments: expected object, got array');
});

test('parses JSON in a text for the tool, and reports the paths', async () => {
  const given: unknown[] = [];
  const input = z.object({ tags: z.array(z.string()), filter: z.object({ ids: z.array(z.int()) }), note: z.string() });
  const written = JSON.stringify({ tags: '["a"]', filter: { ids: '[1,2]' }, note: '[1]' });
  const { mends } = await played(keeping(input, given), written);
  expect(given).toEqual([{ tags: ['a'], filter: { ids: [1, 2] }, note: '[1]' }]);
  expect(mends).toEqual([
    { path: 'message.tool_calls[0].function.arguments.tags', note: 'JSON as a text: parsed' },
    { path: 'message.tool_calls[0].function.arguments.filter.ids', note: 'JSON as a text: parsed' },
  ]);
});

test('parses JSON in a text in arguments that are encoded twice', async () => {
  const given: unknown[] = [];
  const written = JSON.stringify(JSON.stringify({ tags: '["a"]' }));
  const { mends } = await played(keeping(z.object({ tags: z.array(z.string()) }), given), written);
  expect(given).toEqual([{ tags: ['a'] }]);
  expect(mends.map(({ note }) => note)).toEqual([
    'an object in a string: kept as the object in the history',
    'encoded twice: decoded',
    'JSON as a text: parsed',
  ]);
});

test('parses JSON in a text for a tool without validation', async () => {
  const given: unknown[] = [];
  const schema = { type: 'object', properties: { tags: { type: 'array' }, name: { type: 'string' } } };
  await played(keeping(jsonSchema(schema), given), '{"tags":"[1]","name":"[1]"}');
  expect(given).toEqual([{ tags: [1], name: '[1]' }]);
});

test('does not change numbers and booleans in texts', async () => {
  const { result, mends } = await played(keeping(z.object({ count: z.number() })), '{"count":"42"}');
  expect(result).toBe('count: expected number, got string');
  expect(mends).toEqual([]);
});

test('parses JSON in a text of an output, and reports it', async () => {
  const mends: Repair[] = [];
  const output = z.object({ tags: z.array(z.string()) });
  const model = scriptedModel([respond.text('{"tags":"[\\"a\\"]"}')]);
  const run = new Agent({ model, output }).run('Go.');
  run.on('response.repaired', (event) => mends.push(...event.repairs));
  await expect(run).resolves.toMatchObject({ output: { tags: ['a'] } });
  expect(mends).toEqual([{ path: 'message.content.tags', note: 'JSON as a text: parsed' }]);
});

test('parses an output list from a text', async () => {
  const model = scriptedModel([respond.text('{"value":"[1,2]"}')]);
  await expect(new Agent({ model, output: z.array(z.int()) }).run('Go.')).resolves.toMatchObject({ output: [1, 2] });
});

const LONG = '2512292042121000001';

test.each([
  ['a number', `{"id": ${LONG}}`, `id: ${LONG} is too large for an exact number. Send it as a string.`],
  [
    'a number in a list',
    `{"list": [1, -${LONG}]}`,
    `list[1]: -${LONG} is too large for an exact number. Send it as a string.`,
  ],
  [
    'one in arguments that are encoded twice',
    JSON.stringify(`{"id":${LONG}}`),
    `id: ${LONG} is too large for an exact number. Send it as a string.`,
  ],
  [
    'two numbers',
    `{"a":${LONG},"b":${LONG}}`,
    `a: ${LONG} is too large for an exact number. Send it as a string.\nb: ${LONG} is too large for an exact number. Send it as a string.`,
  ],
])('passes no integer to a tool that would be rounded: %s', async (_, written, received) => {
  const given: unknown[] = [];
  const loose = z.looseObject({ id: z.number().optional(), list: z.array(z.number()).optional() });
  for (const input of [loose, jsonSchema({ type: 'object' })]) {
    expect((await played(keeping(input, given), written)).result).toBe(received);
  }
  expect(given).toEqual([]);
});

test('shows a person no integer that would be rounded', async () => {
  const given: unknown[] = [];
  const asking = { ...keeping(z.object({ id: z.number() }), given), needsApproval: true };
  const model = scriptedModel([respond.call('keep', `{"id":${LONG}}`), respond.text('Done.')]);
  const outcome = await new Agent({ model, tools: [asking] }).run('Go.', { host: memoryHost() }).outcome();
  expect(outcome.status).toBe('completed');
  expect(given).toEqual([]);
});

test.each(['{"id": 9007199254740992}', '{"id": 0.12345678901234567890123}', `{"id": 1, "note": "${LONG}"}`])(
  'the arguments %s are exact enough',
  async (written) => {
    const given: unknown[] = [];
    await played(keeping(z.looseObject({ id: z.number() }), given), written);
    expect(given).toEqual([JSON.parse(written)]);
  },
);

test.each([
  ['[1]', 'array'],
  ['"s"', 'string'],
  ['7', 'number'],
  ['true', 'boolean'],
])('passes the arguments %s to no tool, regardless of its schema', async (written, kind) => {
  const given: unknown[] = [];
  const zod = keeping(z.object({ a: z.string().optional() }), given);
  const plain = keeping(jsonSchema({ type: 'object', properties: { a: { type: 'string' } } }), given);
  const older = tool({
    name: 'keep',
    input: zod3(z3.object({ a: z3.string().optional() })),
    execute: (value) => given.push(value),
  });
  for (const used of [zod, plain, older]) {
    expect((await played(used, written)).result).toBe(`arguments: expected object, got ${kind}`);
  }
  expect(given).toEqual([]);
});

test('sends a tool without a description', async () => {
  const input = z.object({});
  const script = [respond.text('Done.')];
  const tools = [
    tool({ name: 'a', input, execute: () => '' }),
    tool({ name: 'b', description: '', input, execute: () => '' }),
    tool({ name: 'c', description: undefined, input: jsonSchema({ type: 'object' }), execute: () => '' }),
    customTool({ name: 'd', execute: () => '' }),
    new Agent({ model: scriptedModel([]), name: 'e' }).asTool({ name: 'e' }),
  ];
  const sent = await useServer(script, async (model, server) => {
    await new Agent({ model, tools }).run('Go.');
    return server.requests[0]?.body;
  });
  expect(sent?.tools?.map((each) => JSON.stringify(each).includes('"description":""'))).toEqual(Array(5).fill(false));
  expect(
    sent?.tools?.map((each) => (each.type === 'function' ? each.function.description : each.custom.description)),
  ).toEqual(Array(5).fill(undefined));
});
