import { Agent, type ChatModel, openai } from '@pawl/core';
import { outputGuard } from '@pawl/core/middleware';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { served } from './served.ts';

const trip = z.object({ city: z.string(), days: z.array(z.string()), note: z.string().optional() });
const TRIP = '{"city":"Oslo","days":["Mo","Tu"],"note":null}';

async function partials(model: ChatModel): Promise<{ readonly output: unknown; readonly told: readonly unknown[] }> {
  const run = new Agent({ model, output: trip }).run('Plan a trip.');
  const told: unknown[] = [];
  run.on('output.partial', ({ partial }) => told.push(partial));
  const { output } = await run;
  return { output, told };
}

test('an output is told as far as it has come, and at its end as it is checked', async () => {
  await served([respond.text(TRIP)], async (model) => {
    const { output, told } = await partials(model);
    expect(output).toEqual({ city: 'Oslo', days: ['Mo', 'Tu'] });
    expect(told.at(-1)).toEqual(JSON.parse(TRIP));
    // The offline server cuts a text at its spaces: here it comes in one piece.
    expect(told).toHaveLength(1);
  });
});

test('each piece of a streamed output adds to what was told before', async () => {
  await served([respond.text('{"city": "Oslo", "days": ["Mo", "Tu"]}')], async (model) => {
    const { told } = await partials(model);
    expect(told).toEqual([
      {},
      { city: 'Oslo' },
      { city: 'Oslo' },
      { city: 'Oslo', days: ['Mo'] },
      { city: 'Oslo', days: ['Mo', 'Tu'] },
    ]);
  });
});

test('an output that is no object comes as what it is, its parts as well', async () => {
  await served([respond.text('{"value": ["Oslo", "Rome"]}')], async (model, server) => {
    const run = new Agent({ model, output: z.array(z.string()) }).run('Which?');
    const told: unknown[] = [];
    run.on('output.partial', ({ partial }) => told.push(partial));
    const { output } = await run;
    expect([output, told.at(-1)]).toEqual([
      ['Oslo', 'Rome'],
      ['Oslo', 'Rome'],
    ]);
    expect(server.requests[0]?.body.response_format).toMatchObject({
      json_schema: { schema: { properties: { value: { type: 'array' } } } },
    });
  });
});

test('a number that no double holds is no output, and the model is told where', async () => {
  const model = scriptedModel([respond.text('{"price":1e400}'), respond.text('{"price":7}')]);
  const run = new Agent({ model, output: z.object({ price: z.number() }) }).run('How much?');
  const { output } = await run;

  expect(output).toEqual({ price: 7 });
  expect(model.requests[1]?.messages.at(-1)?.content).toContain('the number at price is too large for a double');
});

test('an output of several types is told in pieces, and from the beginning where a guard puts another in its place', async () => {
  const either = z.union([z.object({ city: z.string() }), z.object({ error: z.string() })]);
  const guard = outputGuard({
    name: 'towns',
    output: either,
    check: ({ value }) =>
      'city' in value ? { type: 'replace', text: '{"error": "no such town"}' } : { type: 'allow' },
  });
  await served([respond.text('{"city": "Old Oslo"}')], async (model) => {
    const run = new Agent({ model, output: either, middleware: [guard] }).run('Where?');
    const told: unknown[] = [];
    run.on('output.partial', ({ partial }) => told.push(partial));
    run.on('attempt.discarded', () => told.push('discarded'));
    expect((await run).output).toEqual({ error: 'no such town' });
    expect(told).toEqual([{}, { city: 'Old ' }, { city: 'Old Oslo' }, 'discarded', { error: 'no such town' }]);
  });
});

describe('where the server holds the model to tools only', () => {
  test.each([true, false])('the answer is the call of one, streamed: %s', async (stream) => {
    const server = await offlineServer({
      script: [
        respond.call('final_answer', JSON.parse(TRIP)),
        respond.call('final_answer', { city: 'Rome', days: [] }),
      ],
    });
    const model = openai('m', { baseURL: server.baseURL, profile: 'anthropic', apiKey: 'key' });
    const agent = new Agent({ model, output: trip });
    const { output, messages } = await agent.run('Plan a trip.', { stream });
    expect(output).toEqual({ city: 'Oslo', days: ['Mo', 'Tu'] });
    const next = await agent.run([...messages, { role: 'user', content: 'Another one.' }], { stream });
    expect(next.output).toEqual({ city: 'Rome', days: [] });
    expect(server.requests.map(({ body }) => [body.tool_choice, body.response_format, body.messages.at(-2)])).toEqual([
      ['required', undefined, undefined],
      ['required', undefined, { role: 'assistant', content: TRIP }],
    ]);
    await server.close();
  });
});

test('an output may be of several types: the first that fits is told by its own fields', async () => {
  const output = z.discriminatedUnion('type', [
    z.object({ type: z.literal('invoice'), total: z.number() }),
    z.object({ type: z.literal('question'), text: z.string() }),
  ]);
  const replies = [
    '{"value": {"type": "invoice", "total": "5"}}',
    '{"value": {"type": "invoice", "total": 5}}',
    '{"type": "question", "text": "Which?"}',
  ];
  const agent = new Agent({ model: scriptedModel(replies.map((text) => respond.text(text))), output });
  const first = await agent.run('Go.');
  expect(first.output).toEqual({ type: 'invoice', total: 5 });
  const second = await agent.run('Go.');
  expect(second.output.type === 'question' && second.output.text).toBe('Which?');
});
