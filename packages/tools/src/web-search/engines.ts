import { askEngine, type EngineOptions, resultsIn } from './ask-engine.ts';
import type { SearchEngine } from './engine.ts';

export interface KeyOptions extends EngineOptions {
  /** Asked for each search, at the last moment. */
  readonly apiKey: string | (() => string | Promise<string>);
}

async function keyOf({ apiKey }: KeyOptions): Promise<string> {
  return typeof apiKey === 'function' ? apiKey() : apiKey;
}

/** Brave's Web Search API, `GET /res/v1/web/search`. */
export function brave(options: KeyOptions): SearchEngine {
  const { baseURL = 'https://api.search.brave.com', allowAddresses = [] } = options;
  return async (query, context) => {
    const url = new URL('/res/v1/web/search', baseURL);
    url.search = new URLSearchParams({ q: query, count: String(Math.min(context.count, 20)) }).toString();
    const headers = { accept: 'application/json', 'x-subscription-token': await keyOf(options) };
    const answer = await askEngine(
      { url, method: 'GET', headers },
      { name: 'Brave', signal: context.signal, allowAddresses },
    );
    return resultsIn(answer, { name: 'Brave', path: ['web', 'results'], snippet: 'description' }, context);
  };
}

/** Tavily's Search API, `POST /search`. */
export function tavily(options: KeyOptions): SearchEngine {
  const { baseURL = 'https://api.tavily.com', allowAddresses = [] } = options;
  return async (query, context) => {
    const url = new URL('/search', baseURL);
    const body = JSON.stringify({ query, max_results: Math.min(context.count, 20) });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await keyOf(options)}` };
    const answer = await askEngine(
      { url, method: 'POST', headers, body },
      { name: 'Tavily', signal: context.signal, allowAddresses },
    );
    return resultsIn(answer, { name: 'Tavily', path: ['results'], snippet: 'content' }, context);
  };
}

/** A SearXNG instance with the JSON format switched on, `GET /search?format=json`. */
export function searxng({ baseURL, allowAddresses = [] }: EngineOptions & { readonly baseURL: string }): SearchEngine {
  return async (query, context) => {
    const url = new URL('search', baseURL.endsWith('/') ? baseURL : `${baseURL}/`);
    url.search = new URLSearchParams({ q: query, format: 'json' }).toString();
    const headers = { accept: 'application/json' };
    const answer = await askEngine(
      { url, method: 'GET', headers },
      { name: 'SearXNG', signal: context.signal, allowAddresses },
    );
    return resultsIn(answer, { name: 'SearXNG', path: ['results'], snippet: 'content' }, context);
  };
}
