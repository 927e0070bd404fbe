import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { askEngine, type EngineOptions, parseResults } from './ask-engine.ts';
import type { SearchEngine } from './engine.ts';

export interface KeyOptions extends EngineOptions {
  /** Asked for each search, at the last moment. */
  readonly apiKey: string | (() => string | Promise<string>);
}

const ENGINE: OptionTable<EngineOptions> = {
  keys: { baseURL: 'any', allowAddresses: 'texts' },
  hints: { url: 'The option is "baseURL".', endpoint: 'The option is "baseURL".' },
};

/** A key is quoted by nobody: it is checked where it is read. */
const KEYED: OptionTable<KeyOptions> = {
  keys: { ...ENGINE.keys, apiKey: 'any' },
  hints: { ...ENGINE.hints, key: 'The option is "apiKey".', token: 'The option is "apiKey".' },
};

/** Rejects with a `ToolError` that has nothing of what went wrong: it may have what it is about. */
async function resolveKey({ apiKey }: KeyOptions, name: string): Promise<string> {
  try {
    const key: unknown = typeof apiKey === 'function' ? await apiKey() : apiKey;
    if (typeof key === 'string' && /^[\x21-\x7e]+$/.test(key)) return key;
  } catch {
    // As for one that is none.
  }
  throw new ToolError(`There is no key for ${name}: nothing was asked. Tell the user that the search is not set up.`);
}

/** @throws ConfigError for what is no address. */
function parseAddress(baseURL: string, name: string): URL {
  if (URL.canParse(baseURL) && /^https?:/.test(baseURL)) return new URL(baseURL);
  throw new ConfigError(
    `${name}: baseURL is ${JSON.stringify(baseURL)}. Pass a whole address, such as "https://search.example.com".`,
  );
}

/** Brave's Web Search API, `GET /res/v1/web/search`. */
export function brave(given: KeyOptions): SearchEngine {
  const options = checkOptions(given, KEYED, 'brave');
  const { baseURL = 'https://api.search.brave.com', allowAddresses = [] } = options;
  const base = parseAddress(baseURL, 'brave');
  return async (query, context) => {
    const url = new URL('/res/v1/web/search', base);
    url.search = new URLSearchParams({ q: query, count: String(Math.min(context.count, 20)) }).toString();
    const headers = { accept: 'application/json', 'x-subscription-token': await resolveKey(options, 'Brave') };
    const answer = await askEngine(
      { url, method: 'GET', headers },
      { name: 'Brave', signal: context.signal, allowAddresses },
    );
    return parseResults(answer, { name: 'Brave', path: ['web', 'results'], snippet: 'description' }, context);
  };
}

/** Tavily's Search API, `POST /search`. */
export function tavily(given: KeyOptions): SearchEngine {
  const options = checkOptions(given, KEYED, 'tavily');
  const { baseURL = 'https://api.tavily.com', allowAddresses = [] } = options;
  const base = parseAddress(baseURL, 'tavily');
  return async (query, context) => {
    const url = new URL('/search', base);
    const body = JSON.stringify({ query: query.toWellFormed(), max_results: Math.min(context.count, 20) });
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${await resolveKey(options, 'Tavily')}`,
    };
    const answer = await askEngine(
      { url, method: 'POST', headers, body },
      { name: 'Tavily', signal: context.signal, allowAddresses },
    );
    return parseResults(answer, { name: 'Tavily', path: ['results'], snippet: 'content' }, context);
  };
}

/** A SearXNG instance with the JSON format switched on, `GET /search?format=json`. */
export function searxng(options: EngineOptions & { readonly baseURL: string }): SearchEngine {
  const { baseURL, allowAddresses = [] } = checkOptions(options, ENGINE, 'searxng');
  const base = parseAddress(baseURL, 'searxng');
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return async (query, context) => {
    const url = new URL('search', base);
    url.search = new URLSearchParams({ q: query, format: 'json' }).toString();
    const headers = { accept: 'application/json' };
    const answer = await askEngine(
      { url, method: 'GET', headers },
      { name: 'SearXNG', signal: context.signal, allowAddresses },
    );
    return parseResults(answer, { name: 'SearXNG', path: ['results'], snippet: 'content' }, context);
  };
}
