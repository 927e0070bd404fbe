import { Agent } from '@pawl/core';
import type { ChatRequest, Delta } from '@pawl/core/chat';
import { expect, test } from 'vitest';
import { respond } from '../script/respond.ts';
import type { ScriptedModelResponse } from '../script/scripted-response.ts';
import { scriptedModel } from './scripted-model.ts';

const hello: ChatRequest = { messages: [{ role: 'user', content: 'Hello' }] };
const three = respond.text('one two three');

/** The emitted deltas, and the response or the message of the rejection. */
async function sent(
  entry: ScriptedModelResponse,
  request: ChatRequest,
): Promise<readonly [readonly string[], unknown]> {
  const deltas: string[] = [];
  const onDelta = ({ delta }: Delta): undefined => void deltas.push(delta);
  const [settled] = await Promise.allSettled([scriptedModel([entry]).send(request, { onDelta })]);
  if (settled.status === 'rejected') return [deltas, settled.reason.message];
  return [deltas, settled.value.choices[0].message.content];
}

test('returns a whole response, and emits deltas only if the request is streamed', async () => {
  expect(await sent(three, hello)).toEqual([[], 'one two three']);
  expect(await sent(three, { ...hello, stream: true })).toEqual([['one ', 'two ', 'three'], 'one two three']);
});

test('records requests and is done when every response is used', async () => {
  const model = scriptedModel([three, ({ messages }) => respond.text(String(messages.length))], { name: 'tiny' });
  await model.send(hello);
  expect(() => model.assertDone()).toThrow(
    'The script has 1 of 2 responses left: function. Remove them, or find out why the run sends fewer requests.',
  );
  const { model: name, choices } = await model.send(hello);
  model.assertDone();
  expect([name, choices[0].message.content, model.requests]).toEqual(['tiny', '1', [hello, hello]]);
});

test('rejects with an error that no retry repeats when the script is exhausted', async () => {
  const model = scriptedModel([]);
  await expect(model.send(hello)).rejects.toMatchObject({
    name: 'ScriptError',
    code: 'script.exhausted',
    message:
      'The script is exhausted: it has 0 responses, and this is request 1. Add a response, or find out why the run sends another request.',
  });
});

const streamed = { ...hello, stream: true };

test.each([
  [
    'a cut',
    respond.cut(three, { afterChunks: 2 }),
    ['one ', 'two '],
    'The scripted response was cut off: it ended without a finish reason.',
  ],
  ['a reset', respond.reset({ response: three, afterChunks: 1 }), ['one '], 'The scripted connection was reset.'],
  ['an early reset', respond.reset(), [], 'The scripted connection was reset.'],
  [
    'an error',
    respond.streamError({ message: 'busy' }, { response: three, afterChunks: 1 }),
    ['one '],
    'The server answered with an error: busy',
  ],
  ['an error body', respond.errorBody('broken'), [], 'The server answered with an error: broken'],
])('rejects %s after the pieces before it', async (_name, entry, deltas, message) => {
  expect(await sent(entry, streamed)).toEqual([deltas, message]);
});

test('continues delayed and stalled responses when they are released', async () => {
  const gate = Promise.withResolvers<void>();
  const deltas: string[] = [];
  const model = scriptedModel([
    respond.delayed(respond.stall(three, { afterChunks: 1, until: gate.promise }), { until: Promise.reject() }),
  ]);
  const answer = model.send(streamed, {
    onDelta: ({ delta }) => {
      deltas.push(delta);
      if (delta === 'one ') gate.resolve();
      return undefined;
    },
  });
  expect([(await answer).choices[0].message.content, deltas]).toEqual(['one two three', ['one ', 'two ', 'three']]);
});

test.each([
  ['delayed', respond.delayed(three, { until: new Promise(() => undefined) })],
  ['stalled', respond.stall(three)],
])('rejects a response that is %s with the reason of an abort', async (_name, entry) => {
  const controller = new AbortController();
  const answer = scriptedModel([entry]).send(streamed, { signal: controller.signal });
  controller.abort(new Error('no longer wanted'));
  await expect(answer).rejects.toThrow('no longer wanted');
});

test('does not respond to a request that was aborted before, whatever the script does', async () => {
  const controller = new AbortController();
  const abort = (): ScriptedModelResponse => {
    controller.abort(new Error('no longer wanted'));
    return respond.stall(three);
  };
  await expect(scriptedModel([abort]).send(hello, { signal: controller.signal })).rejects.toThrow('no longer wanted');
  const unasked = scriptedModel([three]);
  await expect(unasked.send(hello, { signal: controller.signal })).rejects.toThrow('no longer wanted');
  expect(unasked.requests).toEqual([]);
});

test('does not accept responses that only a server can give', () => {
  // @ts-expect-error A raw body needs a server.
  expect(scriptedModel([respond.body('{')]).requests).toEqual([]);
});

test('waits for a slow reader before the next delta', async () => {
  const deltas: string[] = [];
  await scriptedModel([three]).send(streamed, {
    onDelta: async ({ delta }) => {
      deltas.push(`${delta}in`);
      await Promise.resolve();
      deltas.push(`${delta}out`);
    },
  });
  expect(deltas).toEqual(['one in', 'one out', 'two in', 'two out', 'threein', 'threeout']);
});

test("rejects with the server's error for an HTTP error", async () => {
  const busy = respond.httpError(429, { message: 'Slow down.', code: 'rate_limit', headers: { 'retry-after': '2' } });
  const poor = respond.httpError(429, { code: 'insufficient_quota', headers: { 'x-request-id': 'req_7' } });
  const long = respond.httpError(400, { code: 'context_length_exceeded', param: 'messages' });
  const plain = respond.httpError(500, {
    body: 'oops',
    headers: { 'x-should-retry': 'false', 'retry-after-ms': '150' },
  });
  const model = scriptedModel([busy, poor, long, plain]);
  await expect(model.send(hello)).rejects.toMatchObject({
    name: 'HttpError',
    message: 'The scripted server answered 429: Slow down.',
    status: 429,
    serverCode: 'rate_limit',
    retryAfterMs: 2000,
    retryable: true,
  });
  await expect(model.send(hello)).rejects.toMatchObject({ name: 'HttpError', requestId: 'req_7', retryable: false });
  await expect(model.send(hello)).rejects.toMatchObject({ name: 'ContextLengthError', param: 'messages', status: 400 });
  await expect(model.send(hello)).rejects.toMatchObject({
    message: 'The scripted server answered 500: oops',
    retryAfterMs: 150,
    retryable: false,
  });
});

test('ignores the case of header names in an HTTP error', async () => {
  const busy = respond.httpError(429, { headers: { 'Retry-After': '2', 'X-Request-Id': 'req_7' } });
  await expect(scriptedModel([busy]).send(hello)).rejects.toMatchObject({ retryAfterMs: 2000, requestId: 'req_7' });
});

test('fails with the difference if a request is not as expected, which no retry repeats', async () => {
  const model = scriptedModel([
    respond.expecting({ messages: [{ role: 'user', content: /Oslo/ }] }, respond.text('Cold.')),
    respond.expecting(
      {
        messages: [{ content: 'Hi.' }],
        temperature: 0,
        tools: undefined,
        seed: expect.any(Number),
        user: expect.any(String),
      },
      respond.text('Hello.'),
    ),
  ]);
  expect((await model.send({ messages: [{ role: 'user', content: 'In Oslo?' }] })).choices[0].message.content).toBe(
    'Cold.',
  );
  const failing = new Agent({ model, modelSettings: { temperature: 1, user: 'ada' } }).run('Hi there.').outcome();
  const outcome = await failing;
  if (outcome.status !== 'failed') throw new Error(outcome.status);
  expect(outcome.error.message).toContain('messages[0].content: expected "Hi.", got "Hi there."');
  expect(outcome.error.message).toContain('temperature: expected 0, got 1');
  expect(outcome.error.message).toContain('seed: expected Any<Number>, got nothing');
  expect(outcome.error.message).not.toContain('user');
  expect(outcome.attempts).toHaveLength(1);
  expect(model.requests).toHaveLength(2);
});

test('has price 0 by default, so that an agent with a cost limit can be tested', async () => {
  const usage = { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 };
  const limits = { cost: 0.01 };
  const free = new Agent({ model: scriptedModel([respond.text('Here.', { usage })]), limits });
  expect(await free.run('Hi.').outcome()).toMatchObject({
    status: 'completed',
    usage: { cost: 0, totalTokens: 1_500 },
  });
  const price = { input: 10, output: 20 };
  const dear = free.with({ model: scriptedModel([respond.text('Here.', { usage })], { price }) });
  expect((await dear.run('Hi.').outcome()).usage.cost).toBeCloseTo(0.02, 10);
});
