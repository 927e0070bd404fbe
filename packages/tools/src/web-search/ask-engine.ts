import { ToolError } from '@pawl/core';
import { AddressRule } from '../net/address-rule.ts';
import { type GuardedRequest, sendGuardedRequest } from '../net/guarded-request.ts';
import { resolveBySystem } from '../net/lookup-hostname.ts';
import type { SearchContext, SearchResult } from './engine.ts';

export interface EngineOptions {
  /** The service's address, for one of your own. */
  readonly baseURL?: string;
  /** Addresses that may be reached though they are not public: `127.0.0.1`. @defaultValue none */
  readonly allowAddresses?: readonly string[];
}

interface EngineRequest extends Pick<EngineOptions, 'allowAddresses'> {
  readonly name: string;
  readonly signal: AbortSignal;
}

const MAX_BYTES = 2 * 2 ** 20;

/** The service's answer as JSON. Neither a key nor what the service says of one is in an error. */
export async function askEngine(
  asked: GuardedRequest,
  { name, signal, allowAddresses = [] }: EngineRequest,
): Promise<unknown> {
  const { status, body } = await sendGuardedRequest(asked, {
    addresses: new AddressRule(allowAddresses, 'web_search'),
    ports: [80, 443, Number(asked.url.port) || 443],
    resolve: resolveBySystem,
    maxBytes: MAX_BYTES,
    maxRedirects: 0,
    signal,
    followRedirect: (next) => next,
  });
  if (status === 401 || status === 403)
    throw new ToolError(`${name} refuses the key that it was given. Tell the user that the search is not set up.`);
  if (status === 429)
    throw new ToolError(`${name} takes no more searches for now. Go on without, or search again later.`);
  if (status < 200 || status > 299) throw new ToolError(`${name} answers with status ${status}. Search again later.`);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ToolError(`${name} gave no answer that can be read. Search again later.`);
  }
}

export interface ResultFields {
  readonly name: string;
  /** Where the list is: `web.results`. */
  readonly path: readonly string[];
  /** The field that says what a result is about. */
  readonly snippet: string;
}

/** The results in a service's answer; what is none is left out. */
export function parseResults(
  answer: unknown,
  { name, path, snippet }: ResultFields,
  { count }: SearchContext,
): readonly SearchResult[] {
  let found = answer;
  for (const part of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, part) : undefined;
  if (found === undefined) return [];
  if (!Array.isArray(found))
    throw new ToolError(`${name} gave an answer of another form than is known. Search again later.`);
  return found.slice(0, count).flatMap((each): SearchResult[] => {
    if (typeof each !== 'object' || each === null) return [];
    const url: unknown = Reflect.get(each, 'url');
    if (typeof url !== 'string' || !/^https?:/.test(url)) return [];
    return [{ url, title: toText(Reflect.get(each, 'title')), snippet: toText(Reflect.get(each, snippet)) }];
  });
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
