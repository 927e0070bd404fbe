import { Agent, ConfigError, openai } from '@pawl/core';
import { offlineServer, respond, type ScriptedResponse, type ScriptFunction } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import {
  call,
  createCalls,
  createOutcome,
  createResult,
  createText,
  filterEvents,
  GO,
  listRepairs,
  play,
  respondRaw,
} from './play.ts';
import { weather } from './weather.ts';

const agent = { tools: [weather] };
const ANSWER = { role: 'assistant', content: null };

describe.each([{ stream: true }, { stream: false }])('responses on the wire, stream: $stream', (run) => {
  test.each([
    { finishReason: 'stop', stored: 'stop' },
    { finishReason: 'tool_call', stored: 'tool_calls' },
    { finishReason: 'TOOL_USE', stored: 'tool_calls' },
    { finishReason: 'end_turn', stored: 'stop' },
    { finishReason: 'eos', stored: 'stop' },
    { finishReason: 'vendor_word', stored: 'vendor_word' },
    { finishReason: null, stored: null },
  ])(
    'A3: calls run with the finish reason $finishReason, which is stored as $stored and reported',
    async ({ finishReason, stored }) => {
      const asking = respond.call('get_weather', { city: 'Oslo' }, { finishReason });
      const played = await play([asking, respond.text('Wet.')], { run, agent });

      const messages = [
        createCalls(call('call_1', 'get_weather', { city: 'Oslo' })),
        createResult('call_1', 'Rain in Oslo.'),
        createText('Wet.'),
      ];
      expect(played.outcome).toEqual({
        status: 'completed',
        output: 'Wet.',
        text: 'Wet.',
        ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }),
      });
      expect(filterEvents(played, 'model.responded').map((event) => event.finishReason)).toEqual([stored, 'stop']);
      expect(listRepairs(played)).toEqual([
        { path: 'choices[0].finish_reason', note: expect.stringContaining(String(finishReason)) },
      ]);
    },
  );

  test('A9: a JSON body to a streamed request, and a stream to an unstreamed one, are read correctly', async () => {
    const oslo = call('c1', 'get_weather', { city: 'Oslo' });
    const script = [
      respondRaw({ ...ANSWER, tool_calls: [{ ...oslo }] }),
      respondRaw({ ...ANSWER, content: 'Wet.' }),
    ].map((answer): ScriptFunction<ScriptedResponse> => {
      return (request, context) => answer({ ...request, stream: request.stream !== true }, context);
    });
    const { outcome } = await play(script, { run, agent });

    const messages = [createCalls(oslo), createResult('c1', 'Rain in Oslo.'), createText('Wet.')];
    expect(outcome).toEqual({
      status: 'completed',
      output: 'Wet.',
      text: 'Wet.',
      ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }),
    });
  });

  test('A13: unknown fields are kept on the message and its calls, and sent back', async () => {
    const oslo = {
      ...call('c1', 'get_weather', { city: 'Oslo' }),
      extra_content: { google: { thought_signature: 'abc' } },
    };
    const thinking = {
      role: 'assistant',
      content: null,
      tool_calls: [oslo],
      reasoning_content: 'Look first.',
      x_vendor: { a: 1 },
    } as const;
    const { outcome, requests } = await play([respond.message(thinking), respond.text('Wet.')], { run, agent });

    const messages = [thinking, createResult('c1', 'Rain in Oslo.'), createText('Wet.')];
    expect(outcome).toEqual({
      status: 'completed',
      output: 'Wet.',
      text: 'Wet.',
      ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }),
    });
    expect(requests[1]?.messages).toEqual([GO, thinking, createResult('c1', 'Rain in Oslo.')]);
  });

  test('A13: unknown fields outside the message are ignored', async () => {
    const odd = respondRaw({ role: 'assistant', content: 'Wet.', x_notes: [{ type: 'note' }], x_vendor: { a: 1 } });
    const { outcome } = await play([odd], { run });

    const message = { ...createText('Wet.'), x_notes: [{ type: 'note' }], x_vendor: { a: 1 } };
    expect(outcome).toEqual({ status: 'completed', output: 'Wet.', text: 'Wet.', ...createOutcome([message]) });
  });

  test('A12: several choices are rejected for a run where they are set', async () => {
    const model = openai('m', { baseURL: 'http://127.0.0.1:9/v1' });
    const message =
      'Agent "agent": modelSettings.n is 2, but a run uses one choice. Leave it out, or call the model itself: model.send({ messages, n: 2 }).';

    expect(() => new Agent({ model, modelSettings: { n: 2 } })).toThrow(new ConfigError(message));
    expect(() => new Agent({ model }).run('Go.', { ...run, modelSettings: { n: 2 } })).toThrow(
      new ConfigError(message),
    );
  });

  test('A12: a model without an agent returns as many choices as requested', async () => {
    const server = await offlineServer({ script: [respond.text('Wet.')] });
    const { choices } = await openai('m', { baseURL: server.baseURL }).send({ messages: [GO], n: 2, ...run });
    await server.close();

    expect(choices.map(({ index, message, finish_reason }) => [index, message, finish_reason])).toEqual([
      [0, createText('Wet.'), 'stop'],
      [1, createText('Wet.'), 'stop'],
    ]);
  });
});
