import {
  type ChatModel,
  ConfigError,
  HttpError,
  type ModelContext,
  ModelError,
  NetworkError,
  withFallback,
} from '@pawl/core';
import { manualClock, respond, type ScriptedModelResponse, type ScriptFunction, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import {
  type AttemptsOptions,
  type RetryPolicy,
  resolveRetryPolicy,
  runAttempts,
} from '../../packages/core/src/model/attempts.ts';

const busy = new ModelError('busy', { code: 'test.busy' });
const wrong = new ModelError('wrong', { code: 'test.wrong', retryable: false });
const stale = new NetworkError('stale', {
  code: 'network.reset',
  address: 'host:1',
  phase: 'request',
  staleSocket: true,
});
const bug = new TypeError('a bug');

interface AskReport {
  readonly events: readonly string[];
  readonly slept: readonly number[];
  readonly result: string;
}

interface Trial extends Partial<AttemptsOptions> {
  readonly retry?: RetryPolicy;
}

/** Sends a request and returns everything that was reported. */
async function ask(model: ChatModel, { retry, ...options }: Trial = {}): Promise<AskReport> {
  const events: string[] = [];
  const clock = manualClock();
  const result = await runAttempts(
    model,
    { messages: [] },
    {
      policy: resolveRetryPolicy(retry),
      context: { clock },
      random: () => 0.5,
      onAttempt: ({ attempt, model }) => void events.push(`${attempt} ${model}`),
      onFailure: ({ attempt, model, error, retryInMs, counted }) => {
        const then = retryInMs === undefined ? 'over' : `again in ${retryInMs}`;
        events.push(`${attempt} ${model}: ${messageOf(error)}, ${then}${counted ? '' : ', not counted'}`);
      },
      ...options,
    },
  ).then(
    ({ response, model, attempt }) => `${attempt} ${model.name} says ${response.choices[0].message.content}`,
    (error: unknown) => `rejected: ${messageOf(error)}`,
  );
  return { events, slept: clock.slept, result };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Responds with one item after another, then always with the last. Throws items that are errors. */
function scripted(
  name: string,
  acts: readonly (ScriptedModelResponse | ScriptFunction<ScriptedModelResponse> | Error)[],
): ChatModel {
  let next = 0;
  const respond: ScriptFunction<ScriptedModelResponse> = (request, context) => {
    const act = acts[Math.min(next++, acts.length - 1)];
    if (act === undefined || act instanceof Error) throw act;
    return typeof act === 'function' ? act(request, context) : act;
  };
  return scriptedModel(respond, { name });
}

test('repeats a failed attempt after a delay', async () => {
  expect(await ask(scripted('m', [busy, busy, respond.text('hi')]))).toEqual({
    events: ['1 m', '1 m: busy, again in 250', '2 m', '2 m: busy, again in 500', '3 m'],
    slept: [250, 500],
    result: '3 m says hi',
  });
});

test('rejects with the last error after the last retry', async () => {
  expect(await ask(scripted('m', [busy]), { retry: { maxAttempts: 2 } })).toEqual({
    events: ['1 m', '1 m: busy, again in 250', '2 m', '2 m: busy, over'],
    slept: [250],
    result: 'rejected: busy',
  });
});

test.each([
  ['an error that is not retryable', wrong],
  ['an error that is not a ModelError', bug],
  [
    'a server that asks for a longer pause than the limit',
    new HttpError('later', { status: 429, retryAfterMs: 61_000 }),
  ],
])('%s is not retried', async (_, error) => {
  expect(await ask(scripted('m', [error]))).toEqual({
    events: ['1 m', `1 m: ${error.message}, over`],
    slept: [],
    result: `rejected: ${error.message}`,
  });
});

test('waits as long as Retry-After says', async () => {
  const limited = new HttpError('later', { status: 429, retryAfterMs: 60_000 });
  expect(await ask(scripted('m', [limited, respond.text('hi')]))).toEqual({
    events: ['1 m', '1 m: later, again in 60000', '2 m'],
    slept: [60_000],
    result: '2 m says hi',
  });
});

test('sends the request to the fallback after the last retry, and continues the attempt numbers', async () => {
  const model = withFallback(
    withFallback(scripted('a', [busy]), scripted('b', [wrong])),
    scripted('c', [bug, respond.text('hi')]),
  );
  expect(await ask(withFallback(model, scripted('d', [respond.text('hi')])), { retry: { maxAttempts: 2 } })).toEqual({
    events: [
      ...['1 a', '1 a: busy, again in 250', '2 a', '2 a: busy, over'],
      ...['3 b', '3 b: wrong, over', '4 c', '4 c: a bug, over', '5 d'],
    ],
    slept: [250],
    result: '5 d says hi',
  });
});

test('rejects with the last error if every model failed', async () => {
  const { result } = await ask(withFallback(scripted('a', [wrong]), scripted('b', [bug])));
  expect(result).toEqual('rejected: a bug');
});

test('replaces a stale connection at once, and reports it as not counted', async () => {
  expect(await ask(scripted('m', [stale, respond.text('hi')]), { retry: { maxAttempts: 1 } })).toEqual({
    events: ['1 m', '1 m: stale, again in 0, not counted', '2 m'],
    slept: [],
    result: '2 m says hi',
  });
});

test('counts a second stale connection', async () => {
  expect(await ask(scripted('m', [stale, stale, busy]), { retry: { maxAttempts: 2 } })).toEqual({
    events: ['1 m', '1 m: stale, again in 0, not counted', '2 m', '2 m: stale, again in 250', '3 m', '3 m: busy, over'],
    slept: [250],
    result: 'rejected: busy',
  });
});

test('counts a broken connection that was not stale', async () => {
  const reset = new NetworkError('reset', { code: 'network.reset', address: 'host:1', phase: 'response' });
  expect(await ask(scripted('m', [reset, respond.text('hi')]))).toEqual({
    events: ['1 m', '1 m: reset, again in 250', '2 m'],
    slept: [250],
    result: '2 m says hi',
  });
});

test('reports a ConfigError of a model instead of using its fallback', async () => {
  const mistake = new ConfigError('No key.');
  const model = withFallback(scripted('a', [mistake]), scripted('b', [respond.text('hi')]));
  expect(await ask(model)).toEqual({ events: ['1 a', '1 a: No key., over'], slept: [], result: 'rejected: No key.' });
});

test('the last failure has no retryInMs', async () => {
  const failures: object[] = [];
  await ask(scripted('m', [wrong]), { onFailure: (failed) => void failures.push(failed) });
  expect(failures.map((failed) => 'retryInMs' in failed)).toEqual([false]);
});

test('an error of onAttempt ends retries and fallbacks', async () => {
  const onAttempt = ({ attempt }: { readonly attempt: number }): void => {
    if (attempt === 2) throw new Error('the budget is spent');
  };
  const model = withFallback(scripted('a', [busy]), scripted('b', [respond.text('hi')]));
  expect(await ask(model, { onAttempt })).toEqual({
    events: ['1 a: busy, again in 250'],
    slept: [250],
    result: 'rejected: the budget is spent',
  });
});

test('an error of onFailure ends retries and fallbacks', async () => {
  const onFailed = (): void => {
    throw new Error('enough');
  };
  expect(
    await ask(withFallback(scripted('a', [busy]), scripted('b', [respond.text('hi')])), { onFailure: onFailed }),
  ).toEqual({
    events: ['1 a'],
    slept: [],
    result: 'rejected: enough',
  });
});

test('passes the context of the run to the model, with a signal of its own', async () => {
  let got: Partial<ModelContext> = {};
  const model = scripted('m', [
    (_, context) => {
      got = context;
      return respond.text('hi');
    },
  ]);
  const clock = manualClock();
  const { signal } = new AbortController();
  const wireLog = { sent: () => undefined, received: () => undefined };
  await ask(model, {
    context: { clock, signal, runId: 'r', path: 'p', traceparent: 't', turn: 2, attempt: 3, wireLog },
  });
  expect({ ...got, isOwnSignal: got.signal !== signal }).toEqual({
    clock,
    signal: expect.any(AbortSignal),
    runId: 'r',
    path: 'p',
    traceparent: 't',
    turn: 2,
    attempt: 3,
    wireLog,
    onDelta: expect.any(Function),
    onRepaired: expect.any(Function),
    waitFor: expect.any(Function),
    isOwnSignal: true,
  });
});
