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

async function serve(listener: RequestListener): Promise<TestSite> {
  const site = await startSite(listener);
  closing.push(() => site.close());
  return site;
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
const removeMarks = (result: string): string =>
  result.replaceAll(/^\[(begin|end) of untrusted content.*\]\n?/gm, '').trim();

const found = [
  { title: 'Pawl', url: 'https://a.test/', description: 'A <strong>pawl</strong>\nstops.', content: 'A pawl stops.' },
  { title: 'Other', url: 'javascript:alert(1)', description: 'no', content: 'no' },
  { title: 'Ratchet', url: 'https://b.test/', description: 'A wheel.', content: 'A wheel.' },
];
const RESULTS = '1. Pawl\nhttps://a.test/\nA pawl stops.\n\n2. Ratchet\nhttps://b.test/\nA wheel.';
const local = { allowAddresses: ['127.0.0.1'] };

test('sends the key to Brave in its header, and reads the results', async () => {
  const site = await serve(json({ web: { results: found } }));
  expect(removeMarks(await ask(brave({ apiKey: KEY, baseURL: site.origin, ...local })))).toBe(RESULTS);
  expect(site.requests[0]?.url).toBe('/res/v1/web/search?q=pawl&count=10');
  expect(site.requests[0]?.headers['x-subscription-token']).toBe(KEY);
});

test('sends the query to Tavily in the body, with the key of a function', async () => {
  const bodies: Promise<string>[] = [];
  const site = await serve((incoming, response) => {
    bodies.push(text(incoming));
    json({ results: found })(incoming, response);
  });
  expect(removeMarks(await ask(tavily({ apiKey: async () => KEY, baseURL: site.origin, ...local })))).toBe(RESULTS);
  expect(JSON.parse(await (bodies[0] ?? ''))).toEqual({ query: 'pawl', max_results: 10 });
  expect(site.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
});

test('requests JSON from SearXNG below the path of baseURL', async () => {
  const site = await serve(json({ results: found }));
  expect(removeMarks(await ask(searxng({ baseURL: `${site.origin}/search-engine`, ...local })))).toBe(RESULTS);
  expect(site.requests[0]?.url).toBe('/search-engine/search?q=pawl&format=json');
});

test.each([
  [401, 'refused the key'],
  [403, 'refused the key'],
  [429, 'accepts no more searches'],
  [500, 'responded with status 500'],
  [302, 'more than 0 times'],
])('reports status %i without the key', async (status, message) => {
  const site = await serve(
    (_, response) => void response.writeHead(status, { location: 'https://a.test/' }).end(`Your key is ${KEY}.`),
  );
  const result = await ask(brave({ apiKey: KEY, baseURL: site.origin, ...local }));
  expect(result).toContain(message);
  expect(result).not.toContain(KEY);
});

test.each([
  ['no JSON', '<html>', 'a response that is not JSON'],
  ['another form', '{"results":{"a":1}}', 'an unknown form'],
  ['an empty object', '{}', 'No results for'],
  ['null', 'null', 'No results for'],
  ['invalid results', '{"results":[1,null,{"url":7},{"title":"x"}]}', 'No results for'],
])('handles a response of %s', async (_, body, message) => {
  const site = await serve((__, response) => void response.end(body));
  expect(await ask(tavily({ apiKey: KEY, baseURL: site.origin, ...local }))).toContain(message);
});

test('refuses a service in a private network unless its address is allowed', async () => {
  const site = await serve(json({ results: found }));
  expect(await ask(searxng({ baseURL: site.origin }))).toContain('private network');
});

test('caches a search for cacheMs', async () => {
  let asked = 0;
  const clock = manualClock();
  const search: SearchEngine = async () => {
    asked++;
    return [{ title: `T${asked}`, url: 'https://a.test/', snippet: '' }];
  };
  const tool = webSearch({ search, clock, cacheMs: 1_000 });
  const once = async (query: string) => removeMarks(await callTool(tool, { query }));
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

test('limits the number and the length of results, and removes their line breaks', async () => {
  const search: SearchEngine = async () =>
    Array.from({ length: 30 }, (_, index) => ({
      title: `T${index}\n2. Fake`,
      url: 'https://a.test/',
      snippet: 'x'.repeat(2_000),
    }));
  const result = removeMarks(
    await callTool(webSearch({ search, maxResults: 3, maxSnippetLength: 10 }), { query: 'a' }),
  );
  expect(result.split('\n\n')).toHaveLength(3);
  expect(result.split('\n\n')[0]).toBe('1. T0 2. Fake\nhttps://a.test/\nxxxxxxxxxx…');
});

test('caches only the formatted results', async () => {
  const site = await serve(json({ results: [{ title: 'T', url: 'https://a.test/', content: 'x'.repeat(1_900_000) }] }));
  const search = webSearch({ search: tavily({ apiKey: KEY, baseURL: site.origin, ...local }) });
  await callTool(search, { query: 'first' });
  const before = measureHeap();
  for (let count = 0; count < 100; count++) await callTool(search, { query: `search ${count}` });
  expect(measureHeap() - before).toBeLessThan(100 * 2 ** 20);
});

/** Measures the used heap after a garbage collection. */
function measureHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

test.each([
  ['throws', () => Promise.reject(new Error(`no key ${KEY}`))],
  ['is empty', () => ''],
  ['has a line break', () => `${KEY}\r\nx: y`],
  ['is missing', () => undefined as unknown as string],
])('sends nothing if the key %s', async (_, apiKey) => {
  const site = await serve(json({ results: found }));
  const result = await ask(brave({ apiKey, baseURL: site.origin, ...local }));
  expect(result).toBe(
    'refused: There is no key for Brave. Nothing was sent. Tell the user that the search is not set up.',
  );
  expect(site.requests).toEqual([]);
});

test('refuses an invalid engine with a ConfigError', () => {
  for (const baseURL of ['nowhere', 'file:///etc/passwd', '']) {
    expect(() => searxng({ baseURL })).toThrow(ConfigError);
    expect(() => brave({ apiKey: KEY, baseURL })).toThrow(ConfigError);
  }
  expect(() => webSearch({ search: 'brave' as never })).toThrow(ConfigError);
});
