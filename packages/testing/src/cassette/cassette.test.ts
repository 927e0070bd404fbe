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

/** Runs an agent over a cassette, against the server at this address. */
async function go(baseURL: string, { stream = false, says = 'Go.', ...options }: Going = {}) {
  const tape = cassette(file, { ci: false, ...options });
  const model = openai('any', { baseURL, apiKey: KEY, fetch: tape.fetch });
  const agent = new Agent({ model, tools: [look], clock: manualClock() });
  return { outcome: await agent.run(says, { stream }).outcome(), tape };
}

/** Closes the server when `work` has ended. */
async function served<T>(script: readonly ScriptedResponse[], work: (baseURL: string) => Promise<T>): Promise<T> {
  const server = await offlineServer({ script });
  try {
    return await work(server.baseURL);
  } finally {
    await server.close();
  }
}

const NOWHERE = 'http://127.0.0.1:9/v1';

test.each([true, false])('replays a recorded run without a server, unchanged, streamed %j', async (stream) => {
  const first = await served(travels, (baseURL) => go(baseURL, { stream }));
  const again = await go(NOWHERE, { stream, mode: 'replay' });
  expect(again.outcome.messages).toEqual(first.outcome.messages);
  expect(again.outcome).toMatchObject({ status: 'completed', text: 'Grüße aus 東京.' });
  again.tape.assertDone();
});

test('keeps the chunks as the connection split them, also within a character', async () => {
  const bytes = new TextEncoder().encode(
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: '東京' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`,
  );
  const cut = bytes.indexOf(0xe6) + 1; // The first byte of 東; an escaped character would not contain it.
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

test('writes readable lines without the key of the request, also if the response repeats it', async () => {
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
])('with CI=%j, replays only: %j', (value, isPlayed) => {
  vi.stubEnv('CI', value);
  const make = () => cassette(file, { mode: 'record' });
  if (isPlayed) expect(make).toThrow('does not exist');
  else expect(make).not.toThrow();
  vi.unstubAllEnvs();
});

test('redacts a key that is split over two chunks', async () => {
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

test('refuses an unrecorded request at once and names the nearest entry and the difference', async () => {
  await served(travels, (baseURL) => go(baseURL));
  const { outcome } = await go(NOWHERE, { says: 'Go there.', mode: 'replay' });
  if (outcome.status !== 'failed') throw new Error(outcome.status);
  expect(outcome.error.message).toContain('The nearest is on line 2');
  expect(outcome.error.message).toContain('body.messages[0].content: expected "Go.", got "Go there."');
  expect(outcome.attempts).toHaveLength(1);
});

test('plays each entry once, and reports unplayed entries', async () => {
  await served(travels, (baseURL) => go(baseURL));
  const { tape, outcome } = await go(NOWHERE, { mode: 'replay' });
  expect(outcome.status).toBe('completed');
  const model = openai('any', { baseURL: NOWHERE, apiKey: KEY, fetch: tape.fetch });
  const again = await new Agent({ model, tools: [look] }).run('Go.').outcome();
  expect(again).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('has played its 1 entries') },
  });
  expect(() => cassette(file, { mode: 'replay' }).assertDone()).toThrow('2 unplayed entries');
});

test.each<[CassetteMode, number, number]>([
  ['once', 0, 2],
  ['new', 1, 3],
  ['record', 1, 1],
])('in mode %s, sends %i requests to the server and stores %i entries', async (mode, asked, lines) => {
  await served(travels, (baseURL) => go(baseURL));
  await served([respond.text('Other.')], async (baseURL) => {
    const { outcome } = await go(baseURL, { mode, says: 'Something else.' });
    expect(outcome.status).toBe(asked === 1 ? 'completed' : 'failed');
  });
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1 + lines);
});

test('records nothing in CI, whatever the mode', () => {
  expect(() => cassette(file, { mode: 'record', ci: true })).toThrow('does not exist');
  expect(existsSync(file)).toBe(false);
});

test('ignores request fields that differ between runs', async () => {
  const ask = async (baseURL: string, user: string) => {
    const tape = cassette(file, { ci: false, ignore: ['user'] });
    const model = openai('any', { baseURL, apiKey: KEY, fetch: tape.fetch });
    return new Agent({ model, modelSettings: { user } }).run('Go.').outcome();
  };
  await served([respond.text('Fine.')], (baseURL) => ask(baseURL, 'ada'));
  expect(await ask(NOWHERE, 'bob')).toMatchObject({ status: 'completed', text: 'Fine.' });
});

test('replays a connection error, and the entry after it', async () => {
  const whole = respond.text('One two three four.');
  const first = await served([respond.reset({ response: whole, afterChunks: 2 }), whole], (baseURL) =>
    go(baseURL, { stream: true }),
  );
  const again = await go(NOWHERE, { stream: true });
  expect([first.outcome.status, again.outcome.status]).toEqual(['completed', 'completed']);
  again.tape.assertDone();
});

test('names the file and the line that is not a cassette', () => {
  writeFileSync(join(folder, 'no.jsonl'), 'hello\n');
  expect(() => cassette(join(folder, 'no.jsonl'))).toThrow('is not a cassette');
  writeFileSync(join(folder, 'half.jsonl'), '{"pawl":"cassette","version":1}\n{"type":"wi');
  expect(() => cassette(join(folder, 'half.jsonl'))).toThrow('line 2, is not an entry');
});

test.each([true, false])('makes a cassette from a logged run, streamed %j', async (stream) => {
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

test('keeps the runs of a log apart by their ids and redacts secrets', async () => {
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
