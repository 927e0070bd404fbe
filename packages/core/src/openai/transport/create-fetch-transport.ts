import { ConfigError } from '../../base/errors.ts';
import { fetchTransport } from './fetch-transport.ts';
import type { CreateTransport } from './transport.ts';

/** Sends requests with the global `fetch`, which is read for each request. */
export const createTransport: CreateTransport = (url, dispatcher) => {
  if (dispatcher !== undefined) {
    throw new ConfigError(
      'openai() has a dispatcher, but requests use fetch on this platform: undici runs on Node only. Pass fetch instead of dispatcher.',
    );
  }
  return (request) => fetchTransport(globalThis.fetch, url)(request);
};
