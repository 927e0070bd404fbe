import { Agent, type ChatModel, openai } from '@pawl/core';
import { outputGuard } from '@pawl/core/middleware';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { useServer } from './use-server.ts';

const trip = z.object({ city: z.string(), days: z.array(z.string()), note: z.string().optional() });
const TRIP = '{"city":"Oslo","days":["Mo","Tu"],"note":null}';

async function partials(
  model: ChatModel,
): Promise<{ readonly output: unknown; readonly received: readonly unknown[] }> {
  const run = new Agent({ model, output: trip }).run('Plan a trip.');
  const received: unknown[] = [];
  run.on('output.partial', ({ partial }) => received.push(partial));
  const { output } = await run;
  return { output, received };
}

test('emits partial outputs and then the validated output', async () => {
  await useServer([respond.text(TRIP)], async (model) => {
    const { output, received } = await partials(model);
    expect(output).toEqual({ city: 'Oslo', days: ['Mo', 'Tu'] });
    expect(received.at(-1)).toEqual(JSON.parse(TRIP));
    // The offline server cuts a text at its spaces: here it comes in one piece.
    expect(received).toHaveLength(1);
  });
});

test('extends the partial output with each delta', async () => {
  await useServer([respond.text('{"city": "Oslo", "days": ["Mo", "Tu"]}')], async (model) => {
    const { received } = await partials(model);
    expect(received).toEqual([
      {},
      { city: 'Oslo' },
      { city: 'Oslo' },
      { city: 'Oslo', days: ['Mo'] },
      { city: 'Oslo', days: ['Mo', 'Tu'] },
    ]);
  });
});

test('emits partial outputs of an output that is not an object', async () => {
  await useServer([respond.text('{"value": ["Oslo", "Rome"]}')], async (model, server) => {
    const run = new Agent({ model, output: z.array(z.string()) }).run('Which?');
    const received: unknown[] = [];
    run.on('output.partial', ({ partial }) => received.push(partial));
    const { output } = await run;
    expect([output, received.at(-1)]).toEqual([
      ['Oslo', 'Rome'],
      ['Oslo', 'Rome'],
    ]);
    expect(server.requests[0]?.body.response_format).toMatchObject({
      json_schema: { schema: { properties: { value: { type: 'array' } } } },
    });
  });
});

test('rejects a number too large for a double, and tells the model where it is', async () => {
  const model = scriptedModel([respond.text('{"price":1e400}'), respond.text('{"price":7}')]);
  const run = new Agent({ model, output: z.object({ price: z.number() }) }).run('How much?');
  const { output } = await run;

  expect(output).toEqual({ price: 7 });
  expect(model.requests[1]?.messages.at(-1)?.content).toContain('the number at price is too large for a double');
});

test('emits partial outputs of a union, and starts over if a guard replaces the response', async () => {
  const either = z.union([z.object({ city: z.string() }), z.object({ error: z.string() })]);
  const guard = outputGuard({
    name: 'towns',
    output: either,
    check: ({ value }) =>
      'city' in value ? { type: 'replace', text: '{"error": "no such town"}' } : { type: 'allow' },
  });
  await useServer([respond.text('{"city": "Old Oslo"}')], async (model) => {
    const run = new Agent({ model, output: either, middleware: [guard] }).run('Where?');
    const received: unknown[] = [];
    run.on('output.partial', ({ partial }) => received.push(partial));
    run.on('attempt.discarded', () => received.push('discarded'));
    expect((await run).output).toEqual({ error: 'no such town' });
    expect(received).toEqual([{}, { city: 'Old ' }, { city: 'Old Oslo' }, 'discarded', { error: 'no such town' }]);
  });
});

describe('if the server can only force tool calls', () => {
  test.each([true, false])('reads the answer from a tool call, streamed: %s', async (stream) => {
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

test('validates a union by the first matching type', async () => {
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
