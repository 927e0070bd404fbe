import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, openai } from '@pawl/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cassette } from './cassette.ts';
import type { CassetteFetch } from './play-entry.ts';

const NOWHERE = 'http://127.0.0.1:9/v1';
const HARD = 'pass"wörd/with\\all';
let file = '';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-redact-'));
  file = join(folder, 'run.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A server that responds with this text. */
function answering(text: string, headers: Readonly<Record<string, string>> = {}): CassetteFetch {
  return async () => {
    const left = [new TextEncoder().encode(text)];
    const read = async () => {
      const value = left.shift();
      return value === undefined ? { done: true } : { done: false, value };
    };
    const body = { getReader: () => ({ read, cancel: async () => undefined }) };
    return { status: 200, headers: new Headers({ 'content-type': 'application/json', ...headers }), body };
  };
}

interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly extraBody?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

interface Hiding {
  readonly name: string;
  readonly sending: Sending;
  readonly secrets?: readonly string[];
  readonly hidden?: string;
}

const basic = btoa('ada:plain-word');

test.each<Hiding>([
  { name: 'in another header', sending: { headers: { 'x-goog-api-key': HARD } } },
  { name: 'as the password of Basic', sending: { headers: { authorization: `Basic ${basic}` } }, hidden: 'plain-word' },
  { name: 'in a query parameter whose name denotes a secret', sending: { query: { 'api-key': HARD } } },
  { name: 'in any query parameter', sending: { query: { code: HARD } }, secrets: [HARD] },
  { name: 'in a body field whose name denotes a secret', sending: { extraBody: { guardrail: { api_key: HARD } } } },
  { name: 'in any text of the body', sending: { extraBody: { note: `See ${HARD}.` } }, secrets: [HARD] },
])('redacts a secret $name, in every spelling', async ({ sending, secrets = [], hidden = HARD }) => {
  const body = { choices: [{ index: 0, message: { role: 'assistant', content: `You sent ${hidden}.` } }] };
  const fetch = answering(JSON.stringify(body), { location: `/next?token=${encodeURIComponent(hidden)}` });
  const tape = cassette(file, { ci: false, secrets, fetch });
  const model = openai('any', { baseURL: NOWHERE, apiKey: 'a-key-of-its-own', fetch: tape.fetch, ...sending });
  await new Agent({ model }).run('Go.').outcome();
  const written = readFileSync(file, 'utf8');
  const quoted = JSON.stringify(hidden).slice(1, -1);
  for (const form of [hidden, quoted, encodeURIComponent(hidden), JSON.stringify(quoted).slice(1, -1), basic]) {
    expect(written).not.toContain(form);
  }
  expect(written).toContain('You sent [redacted].');
  const again = cassette(file, { mode: 'replay', secrets });
  const replayed = openai('any', { baseURL: NOWHERE, apiKey: 'another-key', fetch: again.fetch, ...sending });
  expect(await new Agent({ model: replayed }).run('Go.').outcome()).toMatchObject({ text: 'You sent [redacted].' });
});

test('keeps fields whose names only resemble secrets, so that a cassette stays readable', async () => {
  const fetch = answering('{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi."}}]}');
  const tape = cassette(file, { ci: false, fetch });
  const model = openai('any', { baseURL: NOWHERE, fetch: tape.fetch, query: { 'api-version': '2026-01-01' } });
  await new Agent({ model, modelSettings: { max_completion_tokens: 50, logit_bias: { 50256: -1 } } }).run('A token.');
  const [, line = ''] = readFileSync(file, 'utf8').split('\n');
  expect(JSON.parse(line).request).toMatchObject({
    path: '/v1/chat/completions?api-version=2026-01-01',
    body: { messages: [{ content: 'A token.' }], logit_bias: { 50256: -1 } },
  });
});

test('redacts a key in the message of a connection error', async () => {
  const fetch: CassetteFetch = async () => ({
    status: 200,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: {
      getReader: () => ({
        read: () => Promise.reject(new Error('Reset: a-key-of-its-own')),
        cancel: async () => undefined,
      }),
    },
  });
  const tape = cassette(file, { ci: false, fetch });
  const model = openai('any', { baseURL: NOWHERE, apiKey: 'a-key-of-its-own', fetch: tape.fetch });
  await new Agent({ model, retry: { maxAttempts: 1 } }).run('Go.').outcome();
  expect(readFileSync(file, 'utf8')).toContain('"connectionError":"Reset: [redacted]"');
});
