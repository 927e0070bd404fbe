import { type JsonObject, openai } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { manualClock, offlineServer, respond } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filterEvents, play } from '../behaviours/play.ts';

/** The time of the tests. */
const NOW = Date.UTC(2026, 0, 1);

interface Case {
  readonly server: string;
  readonly status?: number;
  readonly body: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ms: number;
}

const retryInfo = (retryDelay: Json): JsonObject => ({
  error: {
    code: 429,
    message: 'You exceeded your current quota.',
    status: 'RESOURCE_EXHAUSTED',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId: 'PerMinute' }] },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
    ],
  },
});
const says = (message: string): JsonObject => ({ error: { message, type: 'tokens', code: 'rate_limit_exceeded' } });

const inBodies: readonly Case[] = [
  { server: 'Gemini', body: retryInfo('7.4s'), ms: 7_400 },
  { server: 'Gemini, in a list', body: [retryInfo('7.4s')], ms: 7_400 },
  { server: 'Gemini, as an object', body: retryInfo({ seconds: 7, nanos: 400_000_000 }), ms: 7_400 },
  { server: 'Gemini, overloaded', status: 503, body: retryInfo('12s'), ms: 12_000 },
  { server: 'Gemini, in words', body: says('Quota exceeded. Please retry in 7.4s.'), ms: 7_400 },
  {
    // https://github.com/continuedev/continue/issues/10560
    server: 'Gemini behind a gateway',
    body: { error: { message: JSON.stringify(retryInfo('3s')), code: 429, status: 'Too Many Requests' } },
    ms: 3_000,
  },
  {
    server: 'OpenAI',
    body: says('Rate limit reached for gpt-5 on tokens per min. Please try again in 1.5s. Visit https://x'),
    ms: 1_500,
  },
  { server: 'OpenAI', body: says('Please try again in 20ms.'), ms: 20 },
  { server: 'Groq', body: says('Please try again in 50.597142857s. Need more tokens?'), ms: 50_598 },
  { server: 'Groq, minutes', body: says('Please try again in 0m12.5s. Upgrade today.'), ms: 12_500 },
  { server: 'Azure', body: says('Requests have exceeded call rate limit. Please retry after 26 seconds.'), ms: 26_000 },
  { server: 'Azure', body: says('Rate limit is exceeded. Try again in 1 second.'), ms: 1_000 },
  { server: 'a framework', body: { detail: 'Request was throttled. Expected available in 12 seconds.' }, ms: 12_000 },
  { server: 'a gateway', body: says('Too fast. Please wait 5 seconds before you retry.'), ms: 5_000 },
  { server: 'a gateway', body: says('The limit resets at 2026-01-01T00:00:09Z.'), ms: 9_000 },
  { server: 'a gateway in China', body: says('请求过于频繁，请在 5 秒后重试'), ms: 5_000 },
  { server: 'a gateway', body: { message: 'Slow down.', retry_after: 2.5 }, ms: 2_500 },
  { server: 'a gateway', body: { error: { message: 'Slow down.', retry_after: '3' } }, ms: 3_000 },
  { server: 'a gateway', body: { error: { message: 'Slow down.', retry_after_ms: 250 } }, ms: 250 },
  { server: 'a gateway', body: { error: { message: 'Slow down.', metadata: { retry_after_seconds: 4 } } }, ms: 4_000 },
  {
    server: 'OpenRouter',
    body: {
      error: {
        message: 'Rate limit exceeded: free-models-per-min.',
        code: 429,
        metadata: {
          headers: {
            'X-RateLimit-Limit': '20',
            'X-RateLimit-Remaining': '0',
            'X-RateLimit-Reset': String(NOW + 30_000),
          },
        },
      },
    },
    ms: 30_000,
  },
];

const none = says('Slow down.');

const inHeaders: readonly Case[] = [
  { server: 'a server', body: says('Try again in 9s.'), headers: { 'retry-after': '2' }, ms: 2_000 },
  { server: 'a server, as a duration', body: none, headers: { 'retry-after': '1m0s' }, ms: 60_000 },
  {
    server: 'OpenAI, requests spent',
    body: none,
    headers: {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '8.64s',
      'x-ratelimit-remaining-tokens': '900',
      'x-ratelimit-reset-tokens': '20ms',
    },
    ms: 8_640,
  },
  {
    // https://github.com/openai/openai-python/issues/937
    server: 'Azure, without Retry-After',
    body: none,
    headers: { 'x-rate-limit-reset-tokens': '55' },
    ms: 55_000,
  },
  {
    // https://github.com/QwenLM/qwen-code/pull/670
    server: 'Cerebras',
    body: none,
    headers: {
      'x-ratelimit-reset-requests-day': '33011.5',
      'x-ratelimit-remaining-requests-day': '14000',
      'x-ratelimit-reset-tokens-minute': '11.38',
      'x-ratelimit-remaining-tokens-minute': '500',
    },
    ms: 11_380,
  },
  {
    server: 'Anthropic',
    body: none,
    headers: {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:20Z',
    },
    ms: 20_000,
  },
  { server: 'a server, since 1970', body: none, headers: { 'x-ratelimit-reset': String(NOW / 1000 + 7) }, ms: 7_000 },
];

describe.each([{ stream: true }, { stream: false }])('the wait that a server asks for, stream: $stream', (run) => {
  test.each([...inBodies, ...inHeaders])(
    'is kept as $server writes it: $ms ms',
    async ({ status = 429, body, headers = {}, ms }) => {
      const clock = manualClock({ startMs: NOW });
      const refused = respond.httpError(status, { body, headers });
      const played = await play([refused, respond.text('Here.')], { run, clock, agent: { clock, random: () => 0 } });
      expect(played.outcome.status).toBe('completed');
      expect(clock.slept).toEqual([ms]);
      expect(filterEvents(played, 'attempt.failed').map(({ retryInMs }) => retryInMs)).toEqual([ms]);
    },
  );

  test.each(inBodies)('is read inside a response in the form of $server: $ms ms', async ({ body, ms }) => {
    const clock = manualClock({ startMs: NOW });
    const given = run.stream ? respond.sse([`data: ${JSON.stringify(body)}\n\n`]) : respond.body(body);
    const played = await play([given, respond.text('Here.')], { run, clock, agent: { clock, random: () => 0 } });
    expect(played.outcome.status).toBe('completed');
    expect(clock.slept).toEqual([ms]);
    expect(filterEvents(played, 'attempt.failed')[0]?.error.message).toContain(
      `Try again in ${Math.ceil(ms / 1000)} s`,
    );
  });

  test.each<[string, Json, Readonly<Record<string, string>>?]>([
    ['a day in words', says('Please retry after 86400 seconds.')],
    ['hours in words', says('Please try again in 1h2m3s.')],
    ['a field', retryInfo('3600s')],
    [
      'the time of OpenRouter',
      { error: { code: 429, metadata: { headers: { 'X-RateLimit-Reset': String(NOW + 3_600_000) } } } },
    ],
    ['a limit with nothing left', none, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3600' }],
  ])('is not waited for beyond the limit, and the error says when to retry: %s', async (_, body, headers = {}) => {
    const clock = manualClock({ startMs: NOW });
    const { outcome } = await play([respond.httpError(429, { body, headers })], { run, clock, agent: { clock } });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/Try again in \d{4,} s \(at 2026-/) },
    });
    expect(clock.slept).toEqual([]);
  });

  test.each<[string, number, Json, Readonly<Record<string, string>>?]>([
    ['no quota', 429, { error: { message: 'No quota. Please try again in 5s.', code: 'insufficient_quota' } }],
    ['a bad request', 400, says('Try again in 5 seconds with another model.')],
  ])('is ignored if a retry does not help: %s', async (_, status, body) => {
    const { outcome, requests } = await play([respond.httpError(status, { body })], { run });
    expect(outcome.status).toBe('failed');
    expect(requests.length).toBe(1);
  });

  test.each<[string, Json, Readonly<Record<string, string>>?]>([
    ['another time', says('The request timed out after 30s.')],
    ['no unit', says('Please try again in a moment.')],
    [
      'a limit that is not spent',
      none,
      { 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': '6h0m0s' },
    ],
    [
      'limits that Azure does not count',
      none,
      { 'x-ratelimit-remaining-tokens': '-1', 'x-ratelimit-reset-tokens': '0' },
    ],
    [
      'nonsense',
      { error: { message: 'No.', retry_after: 'soon', retryDelay: {}, details: [{ retryDelay: -1 }, null] } },
    ],
  ])('is that of the policy if the server asks for none: %s', async (_, body, headers = {}) => {
    const clock = manualClock({ startMs: NOW });
    const agent = { clock, random: () => 1 };
    await play([respond.httpError(429, { body, headers }), respond.text('Here.')], { run, clock, agent });
    expect(clock.slept).toEqual([500]);
  });

  test('is not read from the output of the model', async () => {
    const clock = manualClock({ startMs: NOW });
    const message = `error parsing tool call: raw='Please try again in 45s', err=invalid character`;
    const agent = { clock, random: () => 1 };
    await play([respond.httpError(500, { body: { error: message } }), respond.text('Here.')], { run, clock, agent });
    expect(clock.slept).toEqual([500]);
  });
});

test('an error inside a response has retryAfterMs', async () => {
  const server = await offlineServer({ script: [respond.body(retryInfo('7.4s'))] });
  onTestFinished(() => server.close());
  await expect(
    openai('m', { baseURL: server.baseURL }).send({ messages: [{ role: 'user', content: 'Go.' }] }),
  ).rejects.toMatchObject({
    name: 'ProtocolError',
    retryAfterMs: 7_400,
  });
});
