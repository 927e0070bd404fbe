import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ConfigError } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { afterEach, expect, test } from 'vitest';
import { callTool } from '../files/sandbox.fixture.ts';
import { startSite, type TestSite } from '../net/site.fixture.ts';
import { brave, type SearchEngine, searxng, tavily, type WebSearchOptions, webSearch } from './web-search.ts';

const KEY = 'key-that-nobody-may-read';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serving(listener: RequestListener): Promise<TestSite> {
  const made = await startSite(listener);
  closing.push(() => made.close());
  return made;
}

const json =
  (value: unknown): RequestListener =>
  (_, response) =>
    void response.end(JSON.stringify(value));
const ask = (search: SearchEngine, options: Partial<WebSearchOptions> = {}) =>
  callTool(webSearch({ search, ...options }), {
    query: 'pawl',
    ...(options.maxResults === undefined ? {} : { count: options.maxResults }),
  });
const inner = (said: string): string => said.replaceAll(/^\[(begin|end) of untrusted content.*\]\n?/gm, '').trim();

const found = [
  { title: 'Pawl', url: 'https://a.test/', description: 'A <strong>pawl</strong>\nstops.', content: 'A pawl stops.' },
  { title: 'Other', url: 'javascript:alert(1)', description: 'no', content: 'no' },
  { title: 'Ratchet', url: 'https://b.test/', description: 'A wheel.', content: 'A wheel.' },
];
const SHOWN = '1. Pawl\nhttps://a.test/\nA pawl stops.\n\n2. Ratchet\nhttps://b.test/\nA wheel.';
const local = { allowAddresses: ['127.0.0.1'] };

test('Brave is asked by its own header, and its results are read', async () => {
  const made = await serving(json({ web: { results: found } }));
  expect(inner(await ask(brave({ apiKey: KEY, baseURL: made.origin, ...local })))).toBe(SHOWN);
  expect(made.requests[0]?.url).toBe('/res/v1/web/search?q=pawl&count=10');
  expect(made.requests[0]?.headers['x-subscription-token']).toBe(KEY);
});

test('Tavily is asked by a body, with a key that is asked for each time', async () => {
  const bodies: Promise<string>[] = [];
  const made = await serving((incoming, response) => {
    bodies.push(text(incoming));
    json({ results: found })(incoming, response);
  });
  expect(inner(await ask(tavily({ apiKey: async () => KEY, baseURL: made.origin, ...local })))).toBe(SHOWN);
  expect(JSON.parse(await (bodies[0] ?? ''))).toEqual({ query: 'pawl', max_results: 10 });
  expect(made.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
});

test('SearXNG is asked for JSON, below whatever path it is', async () => {
  const made = await serving(json({ results: found }));
  expect(inner(await ask(searxng({ baseURL: `${made.origin}/search-engine`, ...local })))).toBe(SHOWN);
  expect(made.requests[0]?.url).toBe('/search-engine/search?q=pawl&format=json');
});

test.each([
  [401, 'refuses the key'],
  [403, 'refuses the key'],
  [429, 'no more searches'],
  [500, 'answers with status 500'],
  [302, 'more than 0 times'],
])('status %i is told without the key', async (status, told) => {
  const made = await serving(
    (_, response) => void response.writeHead(status, { location: 'https://a.test/' }).end(`Your key is ${KEY}.`),
  );
  const said = await ask(brave({ apiKey: KEY, baseURL: made.origin, ...local }));
  expect(said).toContain(told);
  expect(said).not.toContain(KEY);
});

test.each([
  ['no JSON', '<html>', 'no answer that can be read'],
  ['another form', '{"results":{"a":1}}', 'another form'],
  ['nothing', '{}', 'Nothing was found'],
  ['null', 'null', 'Nothing was found'],
  ['results that are none', '{"results":[1,null,{"url":7},{"title":"x"}]}', 'Nothing was found'],
])('an answer of %s is told as what it is', async (_, body, told) => {
  const made = await serving((__, response) => void response.end(body));
  expect(await ask(tavily({ apiKey: KEY, baseURL: made.origin, ...local }))).toContain(told);
});

test('a service in a private network is not reached, unless its address is allowed', async () => {
  const made = await serving(json({ results: found }));
  expect(await ask(searxng({ baseURL: made.origin }))).toContain('not public');
});

test('the same search is answered from memory for a while', async () => {
  let asked = 0;
  const clock = manualClock();
  const search: SearchEngine = async () => {
    asked++;
    return [{ title: `T${asked}`, url: 'https://a.test/', snippet: '' }];
  };
  const tool = webSearch({ search, clock, cacheMs: 1_000 });
  const once = async (query: string) => inner(await callTool(tool, { query }));
  expect([await once('a'), await once('a'), await once('b')]).toEqual([
    '1. T1\nhttps://a.test/',
    '1. T1\nhttps://a.test/',
    '1. T2\nhttps://a.test/',
  ]);
  await clock.advance(1_000);
  expect(await once('a')).toContain('T3');
  const without = webSearch({ search, clock, cacheMs: 0 });
  await callTool(without, { query: 'c' });
  await callTool(without, { query: 'c' });
  expect(asked).toBe(5);
});

test('results are capped in number and length, and can not write lines of their own', async () => {
  const search: SearchEngine = async () =>
    Array.from({ length: 30 }, (_, index) => ({
      title: `T${index}\n2. Fake`,
      url: 'https://a.test/',
      snippet: 'x'.repeat(2_000),
    }));
  const said = inner(await callTool(webSearch({ search, maxResults: 3, maxSnippetLength: 10 }), { query: 'a' }));
  expect(said.split('\n\n')).toHaveLength(3);
  expect(said.split('\n\n')[0]).toBe('1. T0 2. Fake\nhttps://a.test/\nxxxxxxxxxx…');
});

test('what is kept of earlier searches is what was shown of them, however long it was', async () => {
  const made = await serving(
    json({ results: [{ title: 'T', url: 'https://a.test/', content: 'x'.repeat(1_900_000) }] }),
  );
  const search = webSearch({ search: tavily({ apiKey: KEY, baseURL: made.origin, ...local }) });
  await callTool(search, { query: 'first' });
  const before = held();
  for (let count = 0; count < 100; count++) await callTool(search, { query: `search ${count}` });
  expect(held() - before).toBeLessThan(100 * 2 ** 20);
});

/** Bytes that are in use once what is garbage has gone. */
function held(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

test.each([
  ['throws', () => Promise.reject(new Error(`no key ${KEY}`))],
  ['is empty', () => ''],
  ['has a line break', () => `${KEY}\r\nx: y`],
  ['is missing', () => undefined as unknown as string],
])('a key that %s asks nobody, and is told without it', async (_, apiKey) => {
  const made = await serving(json({ results: found }));
  const said = await ask(brave({ apiKey, baseURL: made.origin, ...local }));
  expect(said).toBe(
    'refused: There is no key for Brave: nothing was asked. Tell the user that the search is not set up.',
  );
  expect(made.requests).toEqual([]);
});

test('what is no search is refused where the tool is made', () => {
  for (const baseURL of ['nowhere', 'file:///etc/passwd', '']) {
    expect(() => searxng({ baseURL })).toThrow(ConfigError);
    expect(() => brave({ apiKey: KEY, baseURL })).toThrow(ConfigError);
  }
  expect(() => webSearch({ search: 'brave' as never })).toThrow(ConfigError);
});
