import { Agent, openai, withCache, withFallback } from '@pawl/core';
import { manualClock, offlineServer, respond } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createUsage, filterEvents, GO, play } from '../behaviours/play.ts';
import { weather } from '../behaviours/weather.ts';
import { CALL, GROQ, malformedErrors } from './malformed-errors.ts';

describe.each([{ stream: true }, { stream: false }])('malformed output of the model, stream: $stream', (run) => {
  const agent = { tools: [weather] };

  describe.each(malformedErrors)('as $server reports it', ({ status, error, text }) => {
    const ways = [
      { how: 'by a status', given: respond.httpError(status, { body: { error } }) },
      {
        how: 'by a status, and says that the same request is not to be repeated',
        given: respond.httpError(status, { body: { error }, headers: { 'x-should-retry': 'false' } }),
      },
      { how: 'in place of a response', given: respond.errorBody(error) },
      {
        how: 'inside a stream',
        given: respond.streamError(error, { response: respond.text('Let me see'), afterChunks: 1 }),
      },
      { how: 'as an event of a stream', given: respond.sse([`event: error\ndata: ${JSON.stringify({ error })}\n\n`]) },
    ];

    test.each(ways)('is requested again, $how', async ({ given }) => {
      const played = await play([given, respond.text('Here.')], { run, agent });
      expect(played.outcome).toMatchObject({ status: 'completed', output: 'Here.', turnCount: 1 });
      expect(played.outcome.messages).toEqual([GO, { role: 'assistant', content: 'Here.' }]);
      const [failed] = filterEvents(played, 'attempt.failed');
      expect(failed?.error).toMatchObject({ code: 'response.malformed', details: { retryable: true } });
      expect(failed?.error.message).toMatch(
        /The server could not read what the model wrote\. Trying again may help\.$/,
      );
      const [first, second] = played.requests;
      expect(second?.messages.length).toBe(1);
      const sent = second?.messages.at(-1)?.content;
      const [, started] = filterEvents(played, 'attempt.started');
      if (text === undefined) {
        expect(second).toEqual(first);
        expect(started).not.toHaveProperty('correction');
      } else {
        expect(started?.correction).toContain(text);
        expect(sent).toBe(`Go.\n\n${started?.correction}`);
      }
    });
  });

  const malformed = respond.httpError(400, { body: { error: { ...GROQ, failed_generation: CALL } } });

  test('fails after the attempts of the policy with an error that has the output', async () => {
    const { outcome, requests } = await play([malformed, malformed, malformed], { run, agent });
    expect(requests.length).toBe(3);
    expect(outcome).toMatchObject({
      status: 'failed',
      error: {
        name: 'MalformedResponseError',
        code: 'response.malformed',
        details: { status: 400, serverCode: 'tool_use_failed', failedGeneration: CALL },
      },
      attempts: [{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }],
    });
  });

  test('counts the usage of each attempt', async () => {
    const { outcome } = await play([malformed, respond.text('Here.')], { run, agent });
    expect(outcome.usage.requests).toBe(1);
    expect(outcome.usage.estimated).toBe(true);
    expect(outcome.usage.inputTokens).toBeGreaterThan(createUsage(1).inputTokens);
  });

  test('gets one correction, as a message of its own after tool results', async () => {
    const called = respond.call('get_weather', { city: 'Oslo' });
    const { requests, outcome } = await play([called, malformed, malformed, respond.text('Rain.')], { run, agent });
    const [, before, second, third] = requests.map(({ messages }) => messages);
    expect(before?.at(-1)?.role).toBe('tool');
    expect(second?.slice(0, -1)).toEqual(before);
    expect(second?.at(-1)).toEqual({ role: 'user', content: expect.stringContaining(CALL) });
    expect(third).toEqual(second);
    expect(outcome).toMatchObject({ status: 'completed', turnCount: 2 });
    expect(outcome.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
  });

  test('leaves no correction in the requests of later turns', async () => {
    const script = [malformed, respond.call('get_weather', { city: 'Oslo' }), malformed, respond.text('Rain.')];
    const { requests, outcome } = await play(script, { run, agent });
    expect(requests.map(({ messages }) => messages.length)).toEqual([1, 1, 3, 4]);
    expect(requests[2]?.messages[0]).toEqual(GO);
    expect(requests[3]?.messages.slice(0, 3)).toEqual(requests[2]?.messages);
    expect(outcome.messages.slice(0, 3)).toEqual(requests[2]?.messages);
  });

  test('keeps the parts of the last user message', async () => {
    const content = [{ type: 'text', text: 'Go.' }] as const;
    const { requests } = await play([malformed, respond.text('Here.')], {
      run,
      agent,
      input: [{ role: 'user', content }],
    });
    expect(requests[1]?.messages.at(-1)?.content).toEqual([
      ...content,
      { type: 'text', text: expect.stringContaining(CALL) },
    ]);
  });

  test('is requested again in the last turn of the limits', async () => {
    const { outcome } = await play([malformed, respond.text('Here.')], {
      run,
      agent: { ...agent, limits: { turns: 1 } },
    });
    expect(outcome).toMatchObject({ output: 'Here.' });
  });

  test('keeps its correction after another failure', async () => {
    const { requests } = await play([malformed, respond.httpError(503), respond.text('Here.')], { run, agent });
    expect(requests[2]).toEqual(requests[1]);
  });

  test('goes to the fallback without the correction after the last attempt', async () => {
    const first = await offlineServer({ script: [malformed, malformed] });
    const second = await offlineServer({ script: [respond.text('From the second.')] });
    onTestFinished(() => first.close());
    onTestFinished(() => second.close());
    const model = withFallback(openai('a', { baseURL: first.baseURL }), openai('b', { baseURL: second.baseURL }));
    const asking = new Agent({ model, tools: [weather], clock: manualClock(), retry: { maxAttempts: 2 } }).run(
      'Go.',
      run,
    );
    expect((await asking).output).toBe('From the second.');
    expect(first.requests[1]?.body.messages.at(-1)?.content).toContain(CALL);
    expect(second.requests[0]?.body.messages).toEqual([GO]);
  });
});

test('corrects requests of middleware too', async () => {
  const server = await offlineServer({
    script: [
      respond.httpError(400, { body: { error: { ...GROQ, failed_generation: CALL } } }),
      respond.text('Fine.'),
      respond.text('Here.'),
    ],
  });
  onTestFinished(() => server.close());
  const model = openai('m', { baseURL: server.baseURL });
  const answers: unknown[] = [];
  const agent = new Agent({
    model,
    clock: manualClock(),
    middleware: [
      {
        async wrapModelCall(request, next, scope) {
          const asked = await scope.callModel(model, { messages: [{ role: 'user', content: 'Is this fine?' }] });
          answers.push(asked.choices[0].message.content);
          return next(request);
        },
      },
    ],
  });
  expect((await agent.run('Go.')).output).toBe('Here.');
  expect(answers).toEqual(['Fine.']);
  expect(server.requests[1]?.body.messages.at(-1)?.content).toContain(CALL);
});

test('a model outside a run rejects with the output, and a cache does not keep it', async () => {
  const script = [
    respond.httpError(400, { body: { error: { ...GROQ, failed_generation: CALL } } }),
    respond.text('Here.'),
  ];
  const server = await offlineServer({ script });
  onTestFinished(() => server.close());
  const kept = new Map();
  const model = withCache(openai('m', { baseURL: server.baseURL }), kept);
  const request = { messages: [GO] };
  await expect(model.send(request)).rejects.toMatchObject({ code: 'response.malformed', failedGeneration: CALL });
  expect(kept.size).toBe(0);
  expect((await model.send(request)).choices[0].message.content).toBe('Here.');
});

test('errors contain no secret from the output of the model', async () => {
  const server = await offlineServer({
    script: [
      respond.httpError(400, { body: { error: { ...GROQ, failed_generation: 'sk-very-secret-key-1' } } }),
      respond.errorBody({ ...GROQ, failed_generation: 'sk-very-secret-key-1' }),
    ],
  });
  onTestFinished(() => server.close());
  const model = openai('m', { baseURL: server.baseURL, apiKey: 'sk-very-secret-key-1' });
  for (let attempt = 0; attempt < 2; attempt++) {
    const error: unknown = await model.send({ messages: [GO] }).catch((thrown: unknown) => thrown);
    expect(JSON.stringify({ ...Object(error) })).not.toContain('sk-very');
  }
});
