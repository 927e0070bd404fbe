import { Agent, jsonSchema, memoryHost, type RunEvent, tool } from '@pawl/core';
import { outputGuard } from '@pawl/core/middleware';
import { createResponsesState, encodeResponsesEvent, type ResponsesState, responsesEvents } from '@pawl/serve/encode';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { responseEventProblems } from '../reference/responses-validators.ts';
import { createClient } from './responses-clients.ts';
import { createRefundAgent, createWeatherAgent, readData } from './serve-agents.ts';

type Sent = Readonly<Record<string, unknown>> & { readonly type: string; readonly sequence_number: number };

async function collectEvents(agent: Agent): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of agent.run('Go.', { host: memoryHost(), stream: true })) events.push(event);
  return events;
}

function encodeAll(events: readonly RunEvent[], state: ResponsesState = createResponsesState()): readonly Sent[] {
  let next = state;
  return events.flatMap((event) => {
    const change = encodeResponsesEvent(next, event);
    next = change.state;
    return change.events as readonly object[] as readonly Sent[]; // Of the same fields.
  });
}

const STRIDE = 2 ** 20;

describe('the encoder', () => {
  test('gives a wire event the position of the journal event before it', async () => {
    const events = await collectEvents(createWeatherAgent());
    const positions = new Set([0, ...events.flatMap(({ position }) => position ?? [])]);
    for (const { sequence_number: number } of encodeAll(events))
      expect(positions).toContain(Math.floor(number / STRIDE));
  });

  test('does not change a state that is used again', async () => {
    const events = await collectEvents(createWeatherAgent());
    const state = createResponsesState();
    expect(encodeAll(events, state)).toEqual(encodeAll(events, state));
  });

  test('shows reasoning as an item of its own, and a text before calls as a comment', async () => {
    const model = scriptedModel([
      respond.message({
        role: 'assistant',
        content: 'I look.',
        reasoning_content: 'Look first.',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } }],
      }),
      respond.text('Sunny.'),
    ]);
    const sent = encodeAll(await collectEvents(createWeatherAgent().with({ model }) as Agent));
    expect(sent.flatMap(responseEventProblems)).toEqual([]);
    expect(sent.at(-1)).toMatchObject({
      response: {
        output: [
          { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Look first.' }] },
          { type: 'message', phase: 'commentary', content: [{ text: 'I look.' }] },
          { type: 'mcp_call', output: 'sunny' },
          { type: 'message', phase: 'final_answer', content: [{ text: 'Sunny.' }] },
        ],
      },
    });
  });

  test('sends a text that is longer than the numbers of a turn, and the numbers rise', async () => {
    const agent = new Agent({ name: 'a', model: scriptedModel([respond.text('x')]) });
    const long = 'word '.repeat(100_000);
    const events = (await collectEvents(agent)).flatMap((event): readonly RunEvent[] => {
      if (event.type === 'text.delta') return [1, 2, 3].map(() => ({ ...event, delta: long }));
      return [
        event.type === 'model.responded'
          ? { ...event, message: { role: 'assistant', content: long.repeat(3) } }
          : event,
      ];
    });
    const sent = encodeAll(events);
    const numbers = sent.map(({ sequence_number: number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const deltas = sent.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta);
    expect(deltas).toEqual([long, long]);
    expect(sent.find(({ type }) => type === 'response.output_text.done')?.['text']).toBe(long.repeat(3));
  });

  test('ends the items of a response that is void, and leaves out a text that the run does not use', async () => {
    const model = scriptedModel([
      respond.calls([{ name: 'get_weather', arguments: { city: 'Rome' } }], { finishReason: 'length', text: 'Cut.' }),
      respond.text(''),
      respond.text('No JSON.'),
      respond.text('{"city":"Rome"}'),
    ]);
    const output = jsonSchema<{ readonly city: string }>({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    });
    const sent = encodeAll(await collectEvents(createWeatherAgent().with({ model, output }) as Agent));
    const done = sent.filter(({ type }) => type === 'response.output_item.done');
    expect(done).toMatchObject([
      { item: { type: 'message', status: 'incomplete', content: [{ text: 'Cut.' }] } },
      { item: { type: 'mcp_call', status: 'incomplete' } },
      { item: { type: 'message', content: [{ text: 'No JSON.' }] } },
      { item: { type: 'message', content: [{ text: '{"city":"Rome"}' }] } },
    ]);
    expect(sent.at(-1)).toMatchObject({ response: { output: [{ content: [{ text: '{"city":"Rome"}' }] }] } });
  });

  test('ends an item whose text is not what was recorded, and sends that as another item', async () => {
    const agent = new Agent({ name: 'a', model: scriptedModel([respond.text('As it was sent.')]) });
    const events = (await collectEvents(agent)).map(
      (event): RunEvent =>
        event.type === 'model.responded'
          ? { ...event, message: { role: 'assistant', content: 'As recorded.' } }
          : event,
    );
    const sent = encodeAll(events);
    const done = sent.filter(({ type }) => type === 'response.output_item.done');
    expect(done).toMatchObject([
      { item: { status: 'incomplete', content: [{ text: 'As it was sent.' }] } },
      { item: { status: 'completed', content: [{ text: 'As recorded.' }] } },
    ]);
  });

  test('keeps what tools return if the server says only that they ended', async () => {
    const events = await collectEvents(createWeatherAgent());
    const sent = encodeAll(events, createResponsesState({ toolOutput: 'status' }));
    expect(sent.at(-1)).toMatchObject({ response: { output: [{ status: 'completed', output: null }, {}] } });
    expect(JSON.stringify(sent.slice(0, -2))).not.toContain('"sunny"');
  });

  test('numbers a turn that is repeated after a crash above every number of the first time', async () => {
    const events = await collectEvents(createWeatherAgent());
    const first = encodeAll(events);
    const second = encodeAll(events, createResponsesState({ isRepeatedTurn: (turn) => turn === 2 }));
    const added = (sent: readonly Sent[]): Sent | undefined =>
      sent.findLast(({ type }) => type === 'response.output_item.added');
    const last = first.findLast(({ type }) => type === 'response.output_text.delta')?.sequence_number ?? 0;
    expect(added(second)?.sequence_number).toBeGreaterThan(last);
    expect(JSON.stringify(added(second))).not.toBe(JSON.stringify(added(first)));
    expect(second.at(-1)).toEqual(first.at(-1));
  });
});

test('a run without a server is streamed by a route of its own', async () => {
  const response = responsesEvents(createWeatherAgent().run('Go.', { stream: true }), { id: 'resp_1' });
  const sent = readData(await response.text()) as readonly Sent[];
  expect(sent.flatMap(responseEventProblems)).toEqual([]);
  expect(sent.at(-1)).toMatchObject({ type: 'response.completed', response: { id: 'resp_1', status: 'completed' } });
});

test('a text that a guard may withdraw is sent when the guard has checked it', async () => {
  const model = scriptedModel([respond.text('A secret.'), respond.text('A public text.')]);
  const guard = outputGuard({
    name: 'secrets',
    check: ({ text }) => (text.includes('secret') ? { type: 'retry', reason: 'No secrets.' } : { type: 'allow' }),
  });
  const client = await createClient({ agents: [new Agent({ name: 'guarded', model, middleware: [guard] })] });
  const stream = client.responses.stream({ model: 'guarded', input: 'Tell.' });
  const texts: string[] = [];
  for await (const event of stream) texts.push(JSON.stringify(event));
  expect(texts.join()).not.toContain('secret');
  expect((await stream.finalResponse()).output_text).toBe('A public text.');
});

test('a call inside an agent that is a tool asks once, and the answer continues the run', async () => {
  const refunds: number[] = [];
  const inner = createRefundAgent({ refunds });
  const model = scriptedModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? respond.text('It is done.') : respond.call('refunds', { prompt: 'Refund 7.' }),
  );
  const tools = [inner.asTool({ name: 'refunds', description: 'Refunds.' })];
  const client = await createClient({ agents: [new Agent({ name: 'desk', model, tools })] });
  const asked = await client.responses.create({ model: 'desk', input: 'Refund order 7.' });
  const requests = asked.output.filter(({ type }) => type === 'mcp_approval_request');
  expect(requests).toMatchObject([{ name: 'refund', arguments: '{"order":7}', server_label: 'refunds' }]);
  const answer = { type: 'mcp_approval_response', approval_request_id: requests[0]?.id ?? '', approve: true } as const;
  const answered = await client.responses.create({ model: 'desk', previous_response_id: asked.id, input: [answer] });
  expect(answered.output_text).toBe('It is done.');
  expect(refunds).toEqual([7]);
});

test('a tool of the agent without an execution is no call of the client', async () => {
  const ask = tool({ name: 'ask', description: 'Asks.', input: jsonSchema({ type: 'object', properties: {} }) });
  const model = scriptedModel([respond.call('ask')]);
  const client = await createClient({ agents: [new Agent({ name: 'asker', model, tools: [ask] })] });
  const { output, status } = await client.responses.create({ model: 'asker', input: 'Ask.' });
  expect(status).toBe('completed');
  expect(output).toMatchObject([{ type: 'mcp_call', status: 'incomplete' }]);
});
