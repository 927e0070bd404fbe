import { Agent, openai } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { manualClock, offlineServer, respond } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filterEvents, play } from '../behaviours/play.ts';

const LLAMA: Json = { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } };
const loading = respond.httpError(503, { body: LLAMA });
const times = (count: number): readonly (typeof loading)[] => Array.from({ length: count }, () => loading);

describe.each([{ stream: true }, { stream: false }])('a server that loads its model, stream: $stream', (run) => {
  test.each<[string, number, Json, number]>([
    // https://github.com/canonical/inference-snaps/issues/234
    ['llama.cpp', 503, LLAMA, 2_000],
    ['llama.cpp, flat', 503, { message: 'Loading model', type: 'unavailable_error', code: 503 }, 2_000],
    // https://github.com/huggingface/transformers/issues/32665
    [
      'Hugging Face',
      503,
      { error: 'Model meta-llama/Llama-2-13b-chat is currently loading', estimated_time: 20 },
      20_000,
    ],
    ['a gateway', 503, { error: { message: 'Model "qwen3" is still loading, please wait.' } }, 2_000],
    ['Bedrock', 429, { message: 'The model is not ready for inference. Retry.' }, 2_000],
    ['a deployment', 503, { error: { message: 'The deployment is scaling up. Please wait 10 seconds.' } }, 10_000],
  ])('is retried until the model is loaded, in the form of %s', async (_, status, body, ms) => {
    const clock = manualClock();
    const given = respond.httpError(status, { body });
    const played = await play([given, given, given, respond.text('Here.')].slice(ms > 10_000 ? 1 : 0), {
      run,
      clock,
      agent: { clock, retry: { maxAttempts: 2 } },
    });
    expect(played.outcome.status).toBe('completed');
    expect(new Set(clock.slept)).toEqual(new Set([ms]));
    expect(filterEvents(played, 'attempt.failed').every(({ counted }) => !counted)).toBe(true);
  });

  test('is waited for one minute by default, then fails like a busy server', async () => {
    const clock = manualClock();
    const played = await play(times(33), { run, clock, agent: { clock, random: () => 1 } });
    expect(played.outcome).toMatchObject({
      status: 'failed',
      error: { code: 'http.503', details: { isModelLoading: true } },
      attempts: [{}, {}, {}],
    });
    expect(clock.slept.slice(0, 30)).toEqual(Array(30).fill(2_000));
    expect(clock.slept.slice(30)).toEqual([500, 1_000]);
  });

  test('is waited for as long as maxRetryAfterMs allows', async () => {
    const clock = manualClock();
    const retry = { maxRetryAfterMs: 4_000 };
    const { outcome } = await play(times(5), { run, clock, agent: { clock, random: () => 0, retry } });
    expect(outcome.status).toBe('failed');
    expect(clock.slept).toEqual([2_000, 2_000]);
  });

  test('is waited for at most ten minutes', async () => {
    const clock = manualClock();
    const retry = { maxRetryAfterMs: Number.POSITIVE_INFINITY };
    const { outcome } = await play(times(303), { run, clock, agent: { clock, random: () => 0, retry } });
    expect(outcome.status).toBe('failed');
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(600_000);
  });

  test('is not waited for with one attempt', async () => {
    const { outcome, requests } = await play([loading], { run, agent: { retry: { maxAttempts: 1 } } });
    expect(outcome.status).toBe('failed');
    expect(requests.length).toBe(1);
  });

  test('is not retried if it asks for more than the limit', async () => {
    const body = { error: 'Model m is currently loading', estimated_time: 300.5 };
    const { outcome } = await play([respond.httpError(503, { body })], { run });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('Try again in 301 s') },
    });
  });
});

test('an abort ends the wait for a model', async () => {
  const server = await offlineServer({ script: () => loading });
  onTestFinished(() => server.close());
  const clock = manualClock();
  const controller = new AbortController();
  const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), clock });
  const run = agent.run('Go.', { signal: controller.signal });
  run.on('attempt.failed', ({ attempt }) => attempt === 3 && controller.abort());
  expect((await run.outcome()).status).toBe('aborted');
  expect(server.requests.length).toBe(3);
});
