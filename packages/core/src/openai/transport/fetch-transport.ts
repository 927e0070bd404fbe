import {
  type HttpReply,
  type HttpRequest,
  type Sink,
  type Transport,
  TransportError,
  type TransportPhase,
} from './transport.ts';

/** What is used of `fetch`: the global one fits, and so does any library's. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchReply>;

export interface FetchInit {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** A key must not follow to another place. */
  readonly redirect: 'manual';
}

export interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): FetchReader } | null;
}

export interface FetchReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

export function fetchTransport(fetch: Fetch, url: string): Transport {
  return async (request) => {
    const { headers, body, cancel } = request;
    if (cancel.isCancelled) throw cancel.reason;
    const { signal } = cancel;
    const init: FetchInit = { method: 'POST', headers: { ...headers }, body: body.text(), signal, redirect: 'manual' };
    try {
      return replyOf(await fetch(url, init), request);
    } catch (cause) {
      throw failure(cause, { request, phase: 'request' });
    }
  };
}

interface Failing {
  readonly request: HttpRequest;
  readonly phase: TransportPhase;
}

function failure(cause: unknown, { request: { cancel }, phase }: Failing): unknown {
  return cancel.isCancelled ? cancel.reason : new TransportError({ phase, staleSocket: false, cause });
}

function replyOf(reply: FetchReply, request: HttpRequest): HttpReply {
  return {
    status: reply.status,
    header: (name) => reply.headers.get(name) ?? undefined,
    read: (sink) => readBody(reply, { request, sink }),
  };
}

interface Reading {
  readonly request: HttpRequest;
  readonly sink: Sink;
}

async function readBody({ body }: FetchReply, { request, sink }: Reading): Promise<void> {
  const reader = body?.getReader();
  let isWhole = reader === undefined;
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value = NOTHING } = (await reader?.read()) ?? { done: true };
      isWhole = done;
      return done ? undefined : value;
    } catch (cause) {
      throw failure(cause, { request, phase: 'reply' });
    }
  };
  try {
    for (let bytes = await next(); bytes !== undefined; bytes = await next()) await sink(bytes);
  } finally {
    // A connection that broke has nothing left to cancel, and says so by rejecting.
    if (!isWhole) await reader?.cancel().catch(() => undefined);
  }
}

const NOTHING = new Uint8Array();
