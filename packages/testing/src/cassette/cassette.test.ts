import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, openai, type RunEvent, tool } from '@pawl/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../clock/manual-clock.ts';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/respond.ts';
import type { ScriptedResponse } from '../script/scripted-response.ts';
import { offlineServer } from '../server/offline-server.ts';
import { type CassetteMode, type CassetteOptions, cassette } from './cassette.ts';
import { cassetteFrom } from './cassette-from.ts';

const KEY = 'a-key-that-nobody-may-read';
let file = '';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-cassette-'));
  file = join(folder, 'tapes', 'run.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const look = tool({
  name: 'look',
  description: 'Looks at a city.',
  input: z.object({ city: z.string() }),
  effect: 'read',
  execute: ({ city }) => `Seen: ${city}`,
});

const travels: readonly ScriptedResponse[] = [respond.call('look', { city: '東京' }), respond.text('Grüße aus 東京.')];

interface Going extends CassetteOptions {
  readonly stream?: boolean;
  readonly says?: string;
}

/** A run over a cassette, against the server at that address. */
async function go(baseURL: string, { stream = false, says = 'Go.', ...options }: Going = {}) {
  const tape = cassette(file, { ci: false, ...options });
  const model = openai('any', { baseURL, apiKey: KEY, fetch: tape.fetch });
  const agent = new Agent({ model, tools: [look], clock: manualClock() });
  return { outcome: await agent.run(says, { stream }).outcome(), tape };
}

/** With a server that is gone when `work` has ended. */
async function served<T>(script: readonly ScriptedResponse[], work: (baseURL: string) => Promise<T>): Promise<T> {
  const server = await offlineServer({ script });
  try {
    return await work(server.baseURL);
  } finally {
    await server.close();
  }
}

const NOWHERE = 'http://127.0.0.1:9/v1';

test.each([true, false])(
  'a run that was recorded is played without a server, word for word, streamed %j',
  async (stream) => {
    const first = await served(travels, (baseURL) => go(baseURL, { stream }));
    const again = await go(NOWHERE, { stream, mode: 'replay' });
    expect(again.outcome.messages).toEqual(first.outcome.messages);
    expect(again.outcome).toMatchObject({ status: 'completed', text: 'Grüße aus 東京.' });
    again.tape.assertDone();
  },
);

test('chunks are kept as the connection cut them, also within a character', async () => {
  const bytes = new TextEncoder().encode(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: '東京' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
  );
  const cut = bytes.indexOf(0xe6) + 1; // The first byte of 東, in escaped form it would not be there.
  const chunks = [bytes.slice(0, cut), bytes.slice(cut)];
  const fetch: CassetteOptions['fetch'] = async () => {
    const left = [...chunks];
    const read = async () => {
      const value = left.shift();
      return value === undefined ? { done: true } : { done: false, value };
    };
    return {
      status: 200,
      headers: new Headers({ 'content-type': 'text/event-stream' }),
      body: { getReader: () => ({ read, cancel: async () => undefined }) },
    };
  };
  const first = await go(NOWHERE, { stream: true, fetch });
  expect(first.outcome).toMatchObject({ status: 'completed', text: '東京' });
  const [, line = ''] = readFileSync(file, 'utf8').split('\n');
  const { response } = JSON.parse(line);
  expect(response.chunks).toHaveLength(2);
  expect(response.chunks[0]).toEqual({ base64: Buffer.from(bytes.slice(0, cut)).toString('base64') });
  expect((await go(NOWHERE, { stream: true })).outcome).toMatchObject({ status: 'completed', text: '東京' });
});

test('what is written can be read, and has no key: none of the request, and none that the answer repeats', async () => {
  const echo = respond.text(`Your key is ${KEY}, and another is sk-${'x'.repeat(24)}.`);
  await served([echo], (baseURL) =>
    go(baseURL, { stream: true, secrets: ['hidden-word'], says: 'The hidden-word is here.' }),
  );
  const written = readFileSync(file, 'utf8');
  expect(written).not.toContain(KEY);
  expect(written).not.toContain('xxxxxxxx');
  expect(written).not.toContain('hidden-word');
  const [head, line = ''] = written.split('\n');
  expect(head).toBe('{"pawl":"cassette","version":1}');
  expect(JSON.parse(line)).toMatchObject({
    request: {
      method: 'POST',
      path: '/v1/chat/completions',
      body: { messages: [{ content: 'The [redacted] is here.' }] },
    },
    response: { status: 200 },
  });
  const { outcome } = await go(NOWHERE, { stream: true, secrets: ['hidden-word'], says: 'The hidden-word is here.' });
  expect(outcome).toMatchObject({ status: 'completed', text: 'Your key is [redacted], and another is [redacted].' });
});

test.each([
  ['true', true],
  ['1', true],
  ['', false],
  ['false', false],
  ['0', false],
])('with CI=%j, that only what was recorded is played is %j', (value, isPlayed) => {
  vi.stubEnv('CI', value);
  const make = () => cassette(file, { mode: 'record' });
  if (isPlayed) expect(make).toThrow('There is no cassette');
  else expect(make).not.toThrow();
  vi.unstubAllEnvs();
});

test('a key that comes in two chunks is covered all the same', async () => {
  const half = 12;
  const pieces = [
    `data: {"choices":[{"index":0,"delta":{"content":"${KEY.slice(0, half)}`,
    `${KEY.slice(half)}"},"finish_reason":"stop"}]}\n\n`,
    'data: [DONE]\n\n',
  ];
  await served([respond.sse(pieces)], (baseURL) => go(baseURL, { stream: true }));
  const written = readFileSync(file, 'utf8');
  expect(written).not.toContain(KEY.slice(0, half));
  expect(written).not.toContain(KEY.slice(half));
});

test('a request that was not recorded is refused at once, naming the nearest recording and the difference', async () => {
  await served(travels, (baseURL) => go(baseURL));
  const { outcome } = await go(NOWHERE, { says: 'Go there.', mode: 'replay' });
  if (outcome.status !== 'failed') throw new Error(outcome.status);
  expect(outcome.error.message).toContain('The nearest is in line 2');
  expect(outcome.error.message).toContain('body.messages[0].content: expected "Go.", got "Go there."');
  expect(outcome.attempts).toHaveLength(1);
});

test('a recording is played once, and one that was not played is told', async () => {
  await served(travels, (baseURL) => go(baseURL));
  const { tape, outcome } = await go(NOWHERE, { mode: 'replay' });
  expect(outcome.status).toBe('completed');
  const model = openai('any', { baseURL: NOWHERE, apiKey: KEY, fetch: tape.fetch });
  const again = await new Agent({ model, tools: [look] }).run('Go.').outcome();
  expect(again).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('has played its 1 recordings') },
  });
  expect(() => cassette(file, { mode: 'replay' }).assertDone()).toThrow('2 recordings that were not played');
});

test.each<[CassetteMode, number, number]>([
  ['once', 0, 2],
  ['new', 1, 3],
  ['record', 1, 1],
])(
  'mode %s asks the server %i times for what a cassette does not have, and leaves %i recordings',
  async (mode, asked, lines) => {
    await served(travels, (baseURL) => go(baseURL));
    await served([respond.text('Other.')], async (baseURL) => {
      const { outcome } = await go(baseURL, { mode, says: 'Something else.' });
      expect(outcome.status).toBe(asked === 1 ? 'completed' : 'failed');
    });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1 + lines);
  },
);

test('in CI nothing is recorded, whatever was asked for', () => {
  expect(() => cassette(file, { mode: 'record', ci: true })).toThrow('There is no cassette');
  expect(existsSync(file)).toBe(false);
});

test('fields that differ from run to run can be left out', async () => {
  const ask = async (baseURL: string, user: string) => {
    const tape = cassette(file, { ci: false, ignore: ['user'] });
    const model = openai('any', { baseURL, apiKey: KEY, fetch: tape.fetch });
    return new Agent({ model, modelSettings: { user } }).run('Go.').outcome();
  };
  await served([respond.text('Fine.')], (baseURL) => ask(baseURL, 'ada'));
  expect(await ask(NOWHERE, 'bob')).toMatchObject({ status: 'completed', text: 'Fine.' });
});

test('an answer that broke off is broken off again, and what came after it is played', async () => {
  const whole = respond.text('One two three four.');
  const first = await served([respond.reset({ response: whole, afterChunks: 2 }), whole], (baseURL) =>
    go(baseURL, { stream: true }),
  );
  const again = await go(NOWHERE, { stream: true });
  expect([first.outcome.status, again.outcome.status]).toEqual(['completed', 'completed']);
  again.tape.assertDone();
});

test('a file that is no cassette is named, with the line', () => {
  writeFileSync(join(folder, 'no.jsonl'), 'hello\n');
  expect(() => cassette(join(folder, 'no.jsonl'))).toThrow('is no cassette');
  writeFileSync(join(folder, 'half.jsonl'), '{"pawl":"cassette","version":1}\n{"type":"wi');
  expect(() => cassette(join(folder, 'half.jsonl'))).toThrow('line 2, is no recording');
});

test.each([true, false])('a run that was logged becomes a cassette, streamed %j', async (stream) => {
  const events: RunEvent[] = [];
  const agent = new Agent({
    model: scriptedModel([respond.call('look', { city: 'Oslo' }), respond.text('Cold.')]),
    tools: [look],
  });
  const logged = await agent
    .run('Go.')
    .on('*', (event) => events.push(event))
    .outcome();
  cassetteFrom(JSON.parse(JSON.stringify(events)), file);
  const { outcome, tape } = await go(NOWHERE, { stream });
  expect(outcome.messages).toEqual(logged.messages);
  tape.assertDone();
});

test('a log of several runs is told apart by their ids, and its secrets are covered', async () => {
  const events: RunEvent[] = [];
  const usage = {
    prompt_tokens: 9,
    completion_tokens: 4,
    total_tokens: 13,
    prompt_tokens_details: { cached_tokens: 5 },
  };
  const agent = new Agent({ model: scriptedModel(() => respond.text('The word is hidden-word.', { usage })) });
  for (const runId of ['one', 'two']) {
    const run = agent.run('Go.', { runId }).on('*', (event) => events.push(event));
    await run.outcome();
  }
  cassetteFrom(events, file, { secrets: ['hidden-word'] });
  expect(readFileSync(file, 'utf8')).not.toContain('hidden-word');
  const tape = cassette(file, { mode: 'replay' });
  const playing = new Agent({ model: openai('any', { baseURL: NOWHERE, fetch: tape.fetch }) });
  const outcomes = [await playing.run('Go.').outcome(), await playing.run('Go.').outcome()];
  expect(outcomes.map((outcome) => outcome.usage.cachedInputTokens)).toEqual([5, 5]);
  expect(outcomes[1]).toMatchObject({ text: 'The word is [redacted].' });
  tape.assertDone();
});
