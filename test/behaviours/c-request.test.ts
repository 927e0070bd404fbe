import { Agent, openai, withFallback } from '@pawl/core';
import { manualClock, offlineServer, respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { call, createCalls, createOutcome, createResult, createText, filterEvents, play } from './play.ts';
import { weather } from './weather.ts';

describe.each([{ stream: true }, { stream: false }])('the request, stream: $stream', (run) => {
  test.each([408, 409, 429, 500, 502, 503, 529])(
    'C1: a status %i is tried three times in all, with growing pauses',
    async (status) => {
      const clock = manualClock();
      const agent = { clock, random: () => 1 };
      const played = await play([respond.httpError(status), respond.httpError(status), respond.text('Here.')], {
        run,
        agent,
        clock,
      });

      expect(played.outcome.status).toBe('completed');
      expect(filterEvents(played, 'attempt.started').map(({ turn, attempt }) => [turn, attempt])).toEqual([
        [1, 1],
        [1, 2],
        [1, 3],
      ]);
      expect(filterEvents(played, 'attempt.failed').map(({ retryInMs, counted }) => [retryInMs, counted])).toEqual([
        [500, true],
        [1_000, true],
      ]);
      expect(clock.slept).toEqual([500, 1_000]);
    },
  );

  test('C1: a reset and a refused connection are retried', async () => {
    const played = await play([respond.reset(), respond.text('Here.')], { run });
    expect(played.outcome.status).toBe('completed');

    const clock = manualClock();
    const model = openai('m', { baseURL: 'http://127.0.0.1:1/v1' }); // No server listens on this port.
    const outcome = await new Agent({ model, clock }).run('Go.', run).outcome();
    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'NetworkError', code: 'network.refused' } });
    expect(clock.slept.length).toBe(2);
  });

  test.each([
    { headers: { 'retry-after': '7' }, ms: 7_000 },
    { headers: { 'retry-after-ms': '250' }, ms: 250 },
    { headers: { 'retry-after': new Date(9_000).toUTCString() }, ms: 9_000 },
  ])('C1: the pause that the server requests by $headers is kept', async ({ headers, ms }) => {
    const clock = manualClock();
    const played = await play([respond.httpError(429, { headers }), respond.text('Here.')], {
      run,
      clock,
      agent: { clock },
    });
    expect(played.outcome.status).toBe('completed');
    expect(clock.slept).toEqual([ms]);
  });

  test('C1: a pause beyond the limit is not waited for, and the error has it', async () => {
    const played = await play([respond.httpError(429, { headers: { 'retry-after': '3600' } })], { run });
    expect(played.outcome).toMatchObject({ status: 'failed', error: { details: { retryAfterMs: 3_600_000 } } });
  });

  test.each([
    { error: { message: 'Slow down. Please try again in 1.5s.', code: 'rate_limit_exceeded' }, ms: 1_500 },
    {
      error: { message: 'No.', details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7.4s' }] },
      ms: 7_400,
    },
  ])('C1: the pause in the body of a refusal is kept: $ms ms', async ({ error, ms }) => {
    const clock = manualClock();
    const script = [respond.httpError(429, { body: { error } }), respond.text('Here.')];
    const played = await play(script, { run, clock, agent: { clock } });
    expect(played.outcome.status).toBe('completed');
    expect(clock.slept).toEqual([ms]);
  });

  test('C1: a server that loads its model is waited for, without counting attempts', async () => {
    const clock = manualClock();
    const loading = respond.httpError(503, { message: 'Loading model' });
    const played = await play([...Array(5).fill(loading), respond.text('Here.')], { run, clock, agent: { clock } });
    expect(played.outcome.status).toBe('completed');
    expect(clock.slept).toEqual(Array(5).fill(2_000));
    expect(filterEvents(played, 'attempt.failed').map(({ counted }) => counted)).toEqual(Array(5).fill(false));
  });

  test('C1: x-should-retry is obeyed, either way', async () => {
    const never = await play([respond.httpError(503, { headers: { 'x-should-retry': 'false' } })], { run });
    expect(never.outcome.status).toBe('failed');
    const always = respond.httpError(400, { headers: { 'x-should-retry': 'true' } });
    expect((await play([always, respond.text('Here.')], { run })).outcome.status).toBe('completed');
  });

  test.each([400, 401, 403, 404, 413, 422])(
    'C2: a status %i is not retried, and fails with the message of the server',
    async (status) => {
      const headers = { 'x-request-id': 'req_7' };
      const error = respond.httpError(status, {
        message: 'Not like this.',
        code: 'no_good',
        param: 'messages',
        headers,
      });
      const { outcome } = await play([error], { run });

      expect(outcome).toEqual({
        status: 'failed',
        ...createOutcome([], { turnCount: 0 }),
        attempts: [expect.objectContaining({ attempt: 1, model: 'm' })],
        error: expect.objectContaining({
          name: 'HttpError',
          code: `http.${status}`,
          message: expect.stringContaining('Not like this.'),
          details: expect.objectContaining({ status, serverCode: 'no_good', param: 'messages', requestId: 'req_7' }),
        }),
      });
    },
  );

  test('C2: a status 500 that names a fault of the request is not retried', async () => {
    const { outcome } = await play([respond.httpError(500, { message: 'Cannot use tools with stream' })], { run });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'http.500' } });
  });

  test('C2: a status 429 for a spent quota is not retried', async () => {
    const { outcome } = await play([respond.httpError(429, { code: 'insufficient_quota' })], { run });
    expect(outcome).toMatchObject({ status: 'failed', error: { details: { serverCode: 'insufficient_quota' } } });
  });

  test('C3: a context that is too long has its own error class, and middleware can shorten it and try again', async () => {
    const long = respond.httpError(400, {
      code: 'context_length_exceeded',
      message: 'maximum context length is 8 tokens',
    });
    const { outcome } = await play([long], { run });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { name: 'ContextLengthError', code: 'context.too_long' },
    });

    const shortened = await play([long, respond.text('Short.')], {
      run,
      agent: {
        middleware: [
          {
            async wrapModelCall(request, next) {
              try {
                return await next(request);
              } catch (error) {
                if (!(error instanceof Error) || error.name !== 'ContextLengthError') throw error;
                return next({ ...request, messages: [{ role: 'user', content: 'In short: go.' }] });
              }
            },
          },
        ],
      },
    });
    expect(shortened.outcome).toMatchObject({ status: 'completed', output: 'Short.' });
    expect(shortened.requests.map(({ messages }) => messages.at(-1)?.content)).toEqual(['Go.', 'In short: go.']);
  });

  test('C4: when all retries have failed, the outcome lists every attempt', async () => {
    const { outcome } = await play([respond.httpError(500), respond.httpError(502), respond.httpError(503)], { run });
    if (outcome.status !== 'failed') throw new Error(`The run was ${outcome.status}.`);
    expect(outcome.attempts.map(({ attempt, model, error }) => [attempt, model, error.code])).toEqual([
      [1, 'm', 'http.500'],
      [2, 'm', 'http.502'],
      [3, 'm', 'http.503'],
    ]);
    expect(outcome.error.code).toBe('http.503');
  });

  test('C5: the second model gets the request when the retries of the first are used, also after deltas', async () => {
    const first = await offlineServer({
      script: [
        respond.httpError(500),
        respond.cut(respond.text('Half of it'), { afterChunks: 1 }),
        respond.httpError(500),
      ],
    });
    const second = await offlineServer({ script: [respond.text('From the second.')] });
    const a = openai('a', { baseURL: first.baseURL });
    const model = withFallback(a, openai('b', { baseURL: second.baseURL }));
    const agent = new Agent({ model, clock: manualClock() });
    const running = agent.run('Go.', run);
    const asked: string[] = [];
    const discarded: number[] = [];
    running.on('attempt.started', ({ attempt, model }) => asked.push(`${attempt} ${model}`));
    running.on('attempt.discarded', ({ attempt }) => discarded.push(attempt));

    expect((await running).output).toBe('From the second.');
    expect(asked).toEqual(['1 a', '2 a', '3 a', '4 b']);
    expect(discarded).toEqual(run.stream ? [2] : []);
    await first.close();
    await second.close();
  });

  test('C10: output of the model that the server cannot parse is sent to the model in the next attempt', async () => {
    const written = '<function=get_weather={"city":"Oslo"}</function>';
    const body = {
      error: { message: 'Failed to call a function.', code: 'tool_use_failed', failed_generation: written },
    };
    const script = [respond.httpError(400, { body }), respond.text('Wet.')];
    const played = await play(script, { run, agent: { tools: [weather] } });
    expect(played.outcome).toMatchObject({ status: 'completed', output: 'Wet.', turnCount: 1 });
    expect(played.outcome.messages).toEqual([{ role: 'user', content: 'Go.' }, createText('Wet.')]);
    expect(played.requests[1]?.messages.at(-1)?.content).toContain(written);
    expect(filterEvents(played, 'attempt.started')[1]?.correction).toContain(written);
  });

  test('C8: an assistant message with calls and no text is sent with content null', async () => {
    const script = [respond.call('get_weather', { city: 'Oslo' }), respond.text('Wet.')];
    const { requests } = await play(script, { run, agent: { tools: [weather] } });
    expect(requests[1]?.messages.slice(1)).toEqual([
      createCalls(call('call_1', 'get_weather', { city: 'Oslo' })),
      createResult('call_1', 'Rain in Oslo.'),
    ]);

    const bare = { role: 'assistant', tool_calls: [call('x', 'get_weather', { city: 'Oslo' })] } as const;
    const input = [
      { role: 'user', content: 'Go.' },
      bare,
      createResult('x', 'Rain.'),
      { role: 'user', content: 'And?' },
    ] as const;
    const continued = await play([respond.text('Wet.')], { run, input, agent: { tools: [weather] } });
    expect(continued.requests[0]?.messages[1]).toEqual({ ...bare, content: null });
    expect(continued.outcome.messages.at(-1)).toEqual(createText('Wet.'));
  });
});
