import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { askEngine, type EngineOptions, parseResults } from './ask-engine.ts';
import type { SearchEngine } from './engine.ts';

export interface KeyOptions extends EngineOptions {
  /** The key, or a function that returns it. The function is called for each search. */
  readonly apiKey: string | (() => string | Promise<string>);
}

const ENGINE: OptionTable<EngineOptions> = {
  keys: { baseURL: 'any', allowAddresses: 'texts' },
  hints: { url: 'The option is "baseURL".', endpoint: 'The option is "baseURL".' },
};

/** The key is checked when it is used: an error must not quote it. */
const ENGINE_WITH_KEY: OptionTable<KeyOptions> = {
  keys: { ...ENGINE.keys, apiKey: 'any' },
  hints: { ...ENGINE.hints, key: 'The option is "apiKey".', token: 'The option is "apiKey".' },
};

/** Rejects with a `ToolError` without a cause: the cause may contain the key. */
async function resolveKey({ apiKey }: KeyOptions, name: string): Promise<string> {
  try {
    const key: unknown = typeof apiKey === 'function' ? await apiKey() : apiKey;
    if (typeof key === 'string' && /^[\x21-\x7e]+$/.test(key)) return key;
  } catch {
    // Reported below, like an invalid key.
  }
  throw new ToolError(`There is no key for ${name}. Nothing was sent. Tell the user that the search is not set up.`);
}

/** @throws ConfigError if the text is not an address. */
function parseAddress(baseURL: string, name: string): URL {
  if (URL.canParse(baseURL) && /^https?:/.test(baseURL)) return new URL(baseURL);
  throw new ConfigError(
    `${name}: baseURL is ${JSON.stringify(baseURL)}. Pass a full address, such as "https://search.example.com".`,
  );
}

/** Creates an engine for Brave's Web Search API, `GET /res/v1/web/search`. */
export function brave(options: KeyOptions): SearchEngine {
  const checked = checkOptions(options, ENGINE_WITH_KEY, 'brave');
  const { baseURL = 'https://api.search.brave.com', allowAddresses = [] } = checked;
  const base = parseAddress(baseURL, 'brave');
  return async (query, context) => {
    const url = new URL('/res/v1/web/search', base);
    url.search = new URLSearchParams({ q: query, count: String(Math.min(context.count, 20)) }).toString();
    const headers = { accept: 'application/json', 'x-subscription-token': await resolveKey(checked, 'Brave') };
    const response = await askEngine(
      { url, method: 'GET', headers },
      { name: 'Brave', signal: context.signal, allowAddresses },
    );
    return parseResults(response, { name: 'Brave', path: ['web', 'results'], snippet: 'description' }, context);
  };
}

/** Creates an engine for Tavily's Search API, `POST /search`. */
export function tavily(options: KeyOptions): SearchEngine {
  const checked = checkOptions(options, ENGINE_WITH_KEY, 'tavily');
  const { baseURL = 'https://api.tavily.com', allowAddresses = [] } = checked;
  const base = parseAddress(baseURL, 'tavily');
  return async (query, context) => {
    const url = new URL('/search', base);
    const body = JSON.stringify({ query: query.toWellFormed(), max_results: Math.min(context.count, 20) });
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${await resolveKey(checked, 'Tavily')}`,
    };
    const response = await askEngine(
      { url, method: 'POST', headers, body },
      { name: 'Tavily', signal: context.signal, allowAddresses },
    );
    return parseResults(response, { name: 'Tavily', path: ['results'], snippet: 'content' }, context);
  };
}

/** Creates an engine for a SearXNG instance whose JSON format is enabled, `GET /search?format=json`. */
export function searxng(options: EngineOptions & { readonly baseURL: string }): SearchEngine {
  const { baseURL, allowAddresses = [] } = checkOptions(options, ENGINE, 'searxng');
  const base = parseAddress(baseURL, 'searxng');
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return async (query, context) => {
    const url = new URL('search', base);
    url.search = new URLSearchParams({ q: query, format: 'json' }).toString();
    const headers = { accept: 'application/json' };
    const response = await askEngine(
      { url, method: 'GET', headers },
      { name: 'SearXNG', signal: context.signal, allowAddresses },
    );
    return parseResults(response, { name: 'SearXNG', path: ['results'], snippet: 'content' }, context);
  };
}
