import { Agent, type JsonObject, openai, withFallback } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { manualClock, offlineServer, respond } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filterEvents, GO, listRepairs, play } from '../behaviours/play.ts';
import { filteredErrors } from './filtered-errors.ts';

describe.each([{ stream: true }, { stream: false }])('a filtered prompt, stream: $stream', (run) => {
  describe.each(filteredErrors)('as $server reports it', ({ status, body }) => {
    const error: Json = body['error'] ?? body;
    const ways = [
      ...(status === 200 ? [] : [{ how: 'by a status', given: respond.httpError(status, { body }) }]),
      { how: 'in place of a response', given: respond.body(body) },
      { how: 'in a list', given: respond.body([body]) },
      { how: 'inside a stream', given: respond.sse([`data: ${JSON.stringify(body)}\n\n`]) },
      { how: 'as an event of a stream', given: respond.sse([`event: error\ndata: ${JSON.stringify({ error })}\n\n`]) },
    ];

    test.each(ways)('ends the run as filtered, after one request, $how', async ({ given }) => {
      const played = await play([given], { run });
      expect(played.outcome).toMatchObject({
        status: 'filtered',
        text: '',
        turnCount: 1,
        usage: { requests: 1, estimated: true },
      });
      expect(played.outcome.messages).toEqual([GO]);
      expect(filterEvents(played, 'attempt.failed')).toEqual([]);
      expect(listRepairs(played)).toContainEqual({ path: 'error', note: expect.stringContaining('content_filter') });
    });
  });

  test('reports the message of the server as a repair', async () => {
    const body = { error: { message: 'The prompt was filtered: violence.', code: 'content_filter' } };
    const played = await play([respond.httpError(400, { body })], { run });
    expect(listRepairs(played)).toEqual([
      {
        path: 'error',
        note: expect.stringMatching(
          /^read as finish_reason "content_filter": 127\.0\.0\.1:\d+ responded with 400: "The prompt was filtered: violence\." \(content_filter\)\.$/,
        ),
      },
    ]);
  });

  test('is not sent to the fallback, like one that a finish reason reports', async () => {
    const first = await offlineServer({ script: [respond.httpError(400, { code: 'content_filter' })] });
    const second = await offlineServer({ script: [respond.text('From the second.')] });
    onTestFinished(() => first.close());
    onTestFinished(() => second.close());
    const model = withFallback(openai('a', { baseURL: first.baseURL }), openai('b', { baseURL: second.baseURL }));
    expect(await new Agent({ model, clock: manualClock() }).run('Go.', run).outcome()).toMatchObject({
      status: 'filtered',
    });
    expect(second.requests).toEqual([]);
  });
});

test('a filter that stops a stream keeps the text before it and runs no call', async () => {
  const chunk = (delta: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
  const call = { index: 0, id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } };
  const error = `data: ${JSON.stringify({ error: { code: 'content_filter', message: 'No.' } })}\n\n`;
  const sent = respond.sse([
    chunk({ content: 'Once ' }),
    chunk({ content: 'upon' }),
    chunk({ tool_calls: [call] }),
    error,
  ]);
  const played = await play([sent], { run: { stream: true } });
  expect(played.outcome).toMatchObject({ status: 'filtered', text: 'Once upon', toolCallCount: 0 });
  expect(filterEvents(played, 'text.delta').map(({ delta }) => delta)).toEqual(['Once ', 'upon']);
});

test('a filter that stops a stream ends the response at once, even if the connection stays open', async () => {
  const error = `data: ${JSON.stringify({ error: { code: 'content_filter', message: 'No.' } })}\n\n`;
  const script = [respond.raw((response) => void response.writeHead(200).write(error))];
  const server = await offlineServer({ script });
  onTestFinished(() => server.close());
  const clock = manualClock();
  const sent = openai('m', { baseURL: server.baseURL }).send({ messages: [GO], stream: true }, { clock });
  expect((await sent).choices[0].finish_reason).toBe('content_filter');
  await clock.advance(1_000);
  await server.waitForIdle();
});

test('a model outside a run gives the same response as for a filter reported by a finish reason', async () => {
  const server = await offlineServer({ script: [respond.httpError(400, { code: 'content_filter' })] });
  onTestFinished(() => server.close());
  expect(await openai('m', { baseURL: server.baseURL }).send({ messages: [GO] })).toEqual({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: null }, finish_reason: 'content_filter' }],
  });
});

test('repairs contain no secret that the server repeats', async () => {
  const error = { code: 'content_filter', message: 'No: sk-very-secret-key-1' };
  const server = await offlineServer({
    script: [respond.httpError(400, { body: { error } }), respond.errorBody(error)],
  });
  onTestFinished(() => server.close());
  const notes: string[] = [];
  const model = openai('m', { baseURL: server.baseURL, apiKey: 'sk-very-secret-key-1' });
  const onRepaired = (all: readonly { readonly note: string }[]): void =>
    void notes.push(...all.map(({ note }) => note));
  await model.send({ messages: [GO] }, { onRepaired: onRepaired });
  await model.send({ messages: [GO] }, { onRepaired: onRepaired });
  expect(notes).toEqual([expect.stringContaining('No: [redacted]'), expect.stringContaining('No: [redacted]')]);
  expect(notes.join()).not.toContain('sk-very');
});

test.each<[number, JsonObject]>([
  [
    403,
    { error: { message: 'Your account was flagged for violating our usage policies.', code: 'account_deactivated' } },
  ],
  [403, { error: { message: 'Access terminated. Review our Community Guidelines.', type: 'access_terminated_error' } }],
  [403, { error: { message: 'Your request was blocked by the web application firewall.' } }],
  [403, { error: { message: 'This key may not use this model.' } }],
  [
    400,
    { error: { message: "Invalid value for 'content': expected a string, got null.", param: 'messages[0].content' } },
  ],
  [400, { error: { message: 'Unknown field content_filter_level.', code: 'unknown_parameter' } }],
])('other refusals stay errors: %i %j', async (status, body) => {
  const { outcome } = await play([respond.httpError(status, { body })]);
  expect(outcome).toMatchObject({ status: 'failed', error: { code: `http.${status}` } });
});
