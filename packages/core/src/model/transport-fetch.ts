import { type CreateTransport, type HttpReply, type HttpRequest, type Transport, TransportError } from './transport.ts';

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

/** Over the global `fetch`, as it is when the request is made. */
export const createTransport: CreateTransport = (url) => (request) => fetchTransport(globalThis.fetch, url)(request);

export function fetchTransport(fetch: Fetch, url: string): Transport {
  return async (request) => {
    const { headers, body, signal } = request;
    signal.throwIfAborted();
    const init: FetchInit = { method: 'POST', headers: { ...headers }, body, signal, redirect: 'manual' };
    try {
      return replyOf(await fetch(url, init), request);
    } catch (cause) {
      throw failure(cause, { request, phase: 'request' });
    }
  };
}

function failure(
  cause: unknown,
  { request, phase }: { readonly request: HttpRequest; readonly phase: 'request' | 'reply' },
): unknown {
  if (request.signal.aborted) return request.signal.reason;
  return new TransportError({ phase, staleSocket: false, cause });
}

function replyOf(reply: FetchReply, request: HttpRequest): HttpReply {
  return {
    status: reply.status,
    header: (name) => reply.headers.get(name) ?? undefined,
    body: bodyOf(reply, request),
  };
}

async function* bodyOf({ body }: FetchReply, request: HttpRequest): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value !== undefined) yield value;
    }
    whole = true;
  } catch (cause) {
    throw failure(cause, { request, phase: 'reply' });
  } finally {
    // A connection that broke has nothing left to cancel, and says so by rejecting.
    if (!whole) await reader.cancel().catch(() => undefined);
  }
}
