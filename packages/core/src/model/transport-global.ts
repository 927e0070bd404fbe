import type { CreateTransport } from './transport.ts';
import { fetchTransport } from './transport-fetch.ts';

/** Over the global `fetch`, as it is when the request is made. */
export const createTransport: CreateTransport = (url) => (request) => fetchTransport(globalThis.fetch, url)(request);
