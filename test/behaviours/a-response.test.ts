import { respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { call, createCalls, createOutcome, createText, createUsage, createUserMessage, GO, play } from './play.ts';
import { weather } from './weather.ts';

const CUT =
  'Your last response was cut off by the token limit, so none of its tool calls ran. Try again with shorter arguments or fewer calls.';
const EMPTY = 'Your last response was empty. Answer with text, or call a tool.';

describe.each([{ stream: true }, { stream: false }])('the response, stream: $stream', (run) => {
  test('A1: a text without calls completes the run', async () => {
    const { outcome, requests } = await play([respond.text('It rains.')], { run });

    expect(outcome).toEqual({
      status: 'completed',
      output: 'It rains.',
      text: 'It rains.',
      ...createOutcome([createText('It rains.')]),
    });
    expect(requests.map(({ messages }) => messages)).toEqual([[GO]]);
  });

  test('A2: a text with calls does not end the run', async () => {
    const script = [
      respond.calls([{ name: 'get_weather', arguments: { city: 'Oslo' } }], { text: 'I look.' }),
      respond.text('Wet.'),
    ];
    const { outcome } = await play(script, { run, agent: { tools: [weather] } });

    const messages = [
      { ...createCalls(call('call_1', 'get_weather', { city: 'Oslo' })), content: 'I look.' },
      { role: 'tool', tool_call_id: 'call_1', content: 'Rain in Oslo.' } as const,
      createText('Wet.'),
    ];
    expect(outcome).toEqual({
      status: 'completed',
      output: 'Wet.',
      text: 'Wet.',
      ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }),
    });
  });

  test('A4: calls of a truncated response do not run, and a second truncated response ends the run as truncated', async () => {
    const cut = respond.calls([{ name: 'get_weather', arguments: { city: 'Oslo' } }], {
      text: 'I look.',
      finishReason: 'length',
    });
    const { outcome, requests } = await play([cut, cut], { run, agent: { tools: [weather] } });

    expect(outcome).toEqual({
      status: 'truncated',
      text: 'I look.',
      ...createOutcome([createUserMessage(CUT)], { turnCount: 2 }),
    });
    expect(requests.map(({ messages }) => messages)).toEqual([[GO], [GO, createUserMessage(CUT)]]);
  });

  test('A4: after one truncated response the run can still complete', async () => {
    const cut = respond.call('get_weather', { city: 'Oslo' }, { finishReason: 'length' });
    const { outcome } = await play([cut, respond.text('Wet.')], { run, agent: { tools: [weather] } });

    const messages = [createUserMessage(CUT), createText('Wet.')];
    expect(outcome).toEqual({
      status: 'completed',
      output: 'Wet.',
      text: 'Wet.',
      ...createOutcome(messages, { turnCount: 2 }),
    });
  });

  test('A5: a truncated text ends the run as truncated, and is kept', async () => {
    const { outcome } = await play([respond.truncated('It rai')], { run });

    expect(outcome).toEqual({ status: 'truncated', text: 'It rai', ...createOutcome([]) });
  });

  test('A6: a filtered response ends the run as filtered, with the text so far', async () => {
    const { outcome } = await play([respond.filtered('It ra')], { run });

    expect(outcome).toEqual({ status: 'filtered', text: 'It ra', ...createOutcome([]) });
  });

  test('A6: a prompt that a filter blocks ends the run as filtered, also if the server reports an error', async () => {
    const filtered = respond.httpError(400, { code: 'content_filter', message: 'The prompt was filtered.' });
    const { outcome, requests } = await play([filtered], { run });

    expect(outcome).toMatchObject({ status: 'filtered', text: '', messages: [GO] });
    expect(requests.length).toBe(1);
  });

  test('A6: a refusal ends the run as refused, with the text of the model', async () => {
    const { outcome } = await play([respond.refusal('I will not.')], { run });

    const refused = { role: 'assistant', content: null, refusal: 'I will not.' } as const;
    expect(outcome).toEqual({ status: 'refused', refusal: 'I will not.', ...createOutcome([refused]) });
  });

  test('A6: calls of a filtered response and of a refusal do not run', async () => {
    const calls = [
      { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
    ] as const;
    const message = { role: 'assistant', content: null, tool_calls: calls } as const;
    const filtered = await play([respond.message(message, { finishReason: 'content_filter' })], {
      run,
      agent: { tools: [weather] },
    });
    const refused = await play([respond.message({ ...message, refusal: 'No.' })], { run, agent: { tools: [weather] } });

    expect(filtered.outcome).toEqual({ status: 'filtered', text: '', ...createOutcome([]) });
    expect(refused.outcome).toEqual({
      status: 'refused',
      refusal: 'No.',
      ...createOutcome([{ role: 'assistant', content: null, refusal: 'No.' }]),
    });
  });

  test.each([
    { content: 'null', empty: respond.empty() },
    { content: 'missing', empty: respond.message({ role: 'assistant' }) },
    { content: 'blank', empty: respond.text(' \n') },
  ])('A7: a response with $content content and no calls is reprompted once, then the run fails', async ({ empty }) => {
    const { outcome, requests } = await play([empty, empty], { run });

    const error = {
      name: 'EmptyResponseError',
      code: 'response.empty',
      message:
        'The model returned neither text nor tool calls, twice. Check the model, its token limit and its stop settings.',
      stack: expect.any(String),
    };
    expect(outcome).toEqual({
      status: 'failed',
      error,
      attempts: [],
      ...createOutcome([createUserMessage(EMPTY)], { turnCount: 2 }),
    });
    expect(requests.map(({ messages }) => messages)).toEqual([[GO], [GO, createUserMessage(EMPTY)]]);
  });

  test('A7: after one empty response the run can still complete', async () => {
    const { outcome } = await play([respond.empty(), respond.text('Wet.')], { run });

    const messages = [createUserMessage(EMPTY), createText('Wet.')];
    expect(outcome).toEqual({
      status: 'completed',
      output: 'Wet.',
      text: 'Wet.',
      ...createOutcome(messages, { usage: createUsage(2), turnCount: 2 }),
    });
  });
});
