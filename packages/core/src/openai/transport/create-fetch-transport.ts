import { ConfigError } from '../../base/errors.ts';
import { fetchTransport } from './fetch-transport.ts';
import type { CreateTransport } from './transport.ts';

/** Over the global `fetch`, as it is when the request is made. */
export const createTransport: CreateTransport = (url, dispatcher) => {
  if (dispatcher !== undefined) {
    throw new ConfigError(
      'openai() got a dispatcher, but requests use fetch on this platform: undici runs on Node only. Pass fetch in place of dispatcher.',
    );
  }
  return (request) => fetchTransport(globalThis.fetch, url)(request);
};
