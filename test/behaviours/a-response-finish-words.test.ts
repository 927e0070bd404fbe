import { Agent, type ChatModel } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { createText, createUserMessage, filterEvents, listRepairs, play, respondRaw } from './play.ts';
import { weather } from './weather.ts';

const agent = { tools: [weather] };
const CUT_WORDS = ['max_tokens', 'MAX_TOKENS', 'maxTokens', 'model_length', 'Model Length', 'pause_turn', 'repetition'];
const FILTER_WORDS = ['SAFETY', 'content-filter', 'ContentFiltered', 'sensitive', 'content_filter: OTHER', 'refusal'];
const FAILURE_WORDS = ['error', 'network_error', 'insufficient-system-resource', 'ABORT', 'MALFORMED_FUNCTION_CALL'];

describe.each([{ stream: true }, { stream: false }])('finish reasons of vendors, stream: $stream', (run) => {
  test.each(CUT_WORDS)(
    'A4: no call of a response with the finish reason %j runs, and the model is reprompted once',
    async (finishReason) => {
      const cut = respond.call('get_weather', { city: 'Oslo' }, { finishReason });
      const played = await play([cut, cut], { run, agent });

      expect(played.outcome).toMatchObject({ status: 'truncated', toolCallCount: 0 });
      expect(filterEvents(played, 'tool.started')).toEqual([]);
      expect(filterEvents(played, 'model.reprompted').map(({ reason }) => reason)).toEqual(['cut']);
      expect(filterEvents(played, 'model.responded').map((event) => event.finishReason)).toEqual(['length', 'length']);
      expect(listRepairs(played)[0]?.note).toBe(`"${finishReason}" is not a documented one: now "length"`);
    },
  );

  test.each(CUT_WORDS)(
    'A5: a text with the finish reason %j ends the run as truncated, and is kept',
    async (finishReason) => {
      const { outcome } = await play([respond.text('The first half of', { finishReason })], { run, agent });

      expect(outcome).toMatchObject({ status: 'truncated', text: 'The first half of' });
    },
  );

  test.each(FILTER_WORDS)('A6: a text with the finish reason %j ends the run as filtered', async (finishReason) => {
    const { outcome } = await play([respond.text('The first half of', { finishReason })], { run, agent });

    expect(outcome).toMatchObject({ status: 'filtered', text: 'The first half of' });
  });

  test.each(FILTER_WORDS)('A6: no call of a response with the finish reason %j runs', async (finishReason) => {
    const played = await play([respond.call('get_weather', { city: 'Oslo' }, { finishReason })], { run, agent });

    expect(played.outcome.status).toBe('filtered');
    expect(filterEvents(played, 'tool.started')).toEqual([]);
  });

  test.each(FAILURE_WORDS)(
    'A8: a text with the finish reason %j fails the attempt, is discarded and retried',
    async (finishReason) => {
      const broken = respond.text('The first half of', { finishReason });
      const played = await play([broken, broken, respond.text('Whole.')], { run, agent });

      expect(played.outcome).toMatchObject({ status: 'completed', text: 'Whole.' });
      expect(filterEvents(played, 'attempt.failed').map(({ error }) => error.message)).toEqual([
        expect.stringContaining(`"${finishReason}"`),
        expect.stringContaining(`"${finishReason}"`),
      ]);
      const taken = [{ attempt: 1 }, { attempt: 2 }];
      expect(filterEvents(played, 'attempt.discarded')).toMatchObject(run.stream ? taken : []);
      expect(played.outcome.messages.slice(1)).toEqual([createText('Whole.')]);
    },
  );

  test.each(FAILURE_WORDS)(
    'A8: calls of a response with the finish reason %j never run, and the run fails with that reason',
    async (finishReason) => {
      const broken = respond.call('get_weather', { city: 'Oslo' }, { finishReason });
      const played = await play([broken, broken, broken], { run, agent });

      const error = {
        name: 'ProtocolError',
        code: 'response.error',
        message: expect.stringContaining(`"${finishReason}"`),
      };
      expect(played.outcome).toMatchObject({ status: 'failed', error, attempts: [{ error }, { error }, { error }] });
      expect(filterEvents(played, 'tool.started')).toEqual([]);
    },
  );

  test('completes the run for an unknown finish reason and reports it', async () => {
    const played = await play([respond.text('Whole.', { finishReason: 'vibes' })], { run });

    expect(played.outcome).toMatchObject({ status: 'completed', text: 'Whole.' });
    expect(listRepairs(played)).toEqual([
      { path: 'choices[0].finish_reason', note: '"vibes" is not a documented one: kept' },
    ]);
  });

  test('ends the run as refused for a refusal with the finish reason "refusal"', async () => {
    const { outcome } = await play([respond.refusal('I will not.', { finishReason: 'refusal' })], { run });

    expect(outcome).toMatchObject({ status: 'refused', refusal: 'I will not.' });
  });

  test('completes the run if the response after a truncated one is complete', async () => {
    const cut = respond.call('get_weather', { city: 'Oslo' }, { finishReason: 'MAX_TOKENS' });
    const { outcome } = await play([cut, respond.text('Wet.')], { run, agent });

    expect(outcome).toMatchObject({ status: 'completed', text: 'Wet.' });
    expect(outcome.messages[1]).toEqual(createUserMessage(expect.stringContaining('cut off')));
  });

  test('keeps no empty fields in the message or its calls', async () => {
    const call = {
      id: 'c1',
      type: 'function',
      function: { name: 'get_weather', arguments: '{"city":"Oslo"}' },
      custom: { name: '', input: '' },
    };
    const padding = {
      refusal: '',
      reasoning_content: '',
      annotations: [],
      audio: { data: '', expires_at: 0, id: '', transcript: '' },
      function_call: { name: '', arguments: '' },
    };
    const script = [
      respondRaw({ role: 'assistant', content: '', ...padding, tool_calls: [call] }),
      respondRaw({ role: 'assistant', content: 'Wet.', ...padding }),
    ];
    const { outcome, requests } = await play(script, { run, agent });

    const { custom: _, ...plain } = call;
    const asking = { role: 'assistant', content: null, tool_calls: [plain] };
    expect(outcome.messages[1]).toEqual(asking);
    expect(outcome.messages.at(-1)).toEqual(createText('Wet.'));
    expect(requests[1]?.messages[1]).toEqual(asking);
  });

  test('keeps the reasoning of a completed run in its last message', async () => {
    const thinking = { role: 'assistant', content: 'Wet.', reasoning_content: 'It rains.' } as const;
    const { outcome } = await play([respondRaw(thinking)], { run });

    expect(outcome.messages.at(-1)).toEqual(thinking);
  });
});

describe('a custom model', () => {
  const answer = (finish_reason: string): ChatResponse => ({
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'The first half of',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
        },
        finish_reason,
      },
    ],
  });

  test.each([
    { word: 'MAX_TOKENS', status: 'truncated' },
    { word: 'SAFETY', status: 'filtered' },
  ])('ends the run as $status for the finish reason $word of a custom model', async ({ word, status }) => {
    // By hand: a custom model, whose responses no reader of Pawl parses.
    const model: ChatModel = { name: 'mine', send: async () => answer(word) };
    const outcome = await new Agent({ model, tools: [weather] }).run('Go.').outcome();

    expect(outcome).toMatchObject({ status, toolCallCount: 0, text: 'The first half of' });
  });

  test('retries a response of a custom model whose finish reason denotes a failure', async () => {
    const responses = [answer('network_error'), answer('network_error'), answer('network_error')];
    // By hand: as above.
    const model: ChatModel = { name: 'mine', send: async () => responses.shift() ?? answer('stop') };
    const outcome = await new Agent({ model, tools: [weather], retry: { initialDelayMs: 0, maxDelayMs: 0 } })
      .run('Go.')
      .outcome();

    const error = { name: 'ProtocolError', message: expect.stringContaining('"network_error"') };
    expect(outcome).toMatchObject({ status: 'failed', toolCallCount: 0, error, attempts: [{}, {}, {}] });
    expect(responses).toEqual([]);
  });

  test('fails the run if middleware returns a response whose finish reason denotes a failure', async () => {
    const model = scriptedModel([respond.text('Whole.')]);
    const middleware = [{ wrapModelCall: async () => answer('error') }];
    const outcome = await new Agent({ model, tools: [weather], middleware }).run('Go.').outcome();

    expect(outcome).toMatchObject({ status: 'failed', toolCallCount: 0, error: { name: 'ProtocolError' } });
    expect(model.requests).toEqual([]);
  });
});
