import { ToolError } from '@pawl/core';
import { AddressRule } from '../net/address-rule.ts';
import { resolveBySystem } from '../net/lookup-hostname.ts';
import { type GuardedRequest, sendGuardedRequest } from '../net/send-guarded-request.ts';
import type { SearchContext, SearchResult } from './engine.ts';

export interface EngineOptions {
  /** The service's address. @defaultValue the public service */
  readonly baseURL?: string;
  /** Addresses that are allowed although they are not public: `127.0.0.1`. @defaultValue none */
  readonly allowAddresses?: readonly string[];
}

interface EngineRequest extends Pick<EngineOptions, 'allowAddresses'> {
  readonly name: string;
  readonly signal: AbortSignal;
}

const MAX_BYTES = 2 * 2 ** 20;

/** Sends a request to a service, and returns the response's JSON. Errors contain neither the key nor the service's message. */
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
    throw new ToolError(`${name} refused the key. Tell the user that the search is not set up.`);
  if (status === 429)
    throw new ToolError(`${name} accepts no more searches now. Continue without, or search again later.`);
  if (status < 200 || status > 299) throw new ToolError(`${name} responded with status ${status}. Search again later.`);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ToolError(`${name} returned a response that is not JSON. Search again later.`);
  }
}

export interface ResultFields {
  readonly name: string;
  /** The path of the list of results in the response. */
  readonly path: readonly string[];
  /** The field with the text of a result. */
  readonly snippet: string;
}

/** Reads the results in a response. Entries without an http address are dropped. */
export function parseResults(
  response: unknown,
  { name, path, snippet }: ResultFields,
  { count }: SearchContext,
): readonly SearchResult[] {
  let found = response;
  for (const part of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, part) : undefined;
  if (found === undefined) return [];
  if (!Array.isArray(found)) throw new ToolError(`${name} returned a response of an unknown form. Search again later.`);
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
