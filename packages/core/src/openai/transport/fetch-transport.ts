import type { Cancellation } from '../../base/cancellation.ts';
import {
  addTraceHeaders,
  type HttpRequest,
  type Sink,
  type Transport,
  TransportError,
  type TransportPhase,
} from './transport.ts';

/** The part of `fetch` that requests use. The global `fetch` and those of libraries satisfy it. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** A redirect could send the key to another server. */
  readonly redirect: 'manual';
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: {
    get(name: string): string | null;
    readonly forEach?: (visit: (value: string, name: string) => void) => void;
  };
  readonly body: { getReader(): FetchReader } | null;
}

export interface FetchReader {
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<unknown>;
}

export function fetchTransport(fetch: Fetch, url: string): Transport {
  return async ({ headers, traceHeaders, body, cancel, onSend }: HttpRequest) => {
    if (cancel.isCancelled) throw cancel.reason;
    const { signal } = cancel;
    const init: FetchInit = {
      method: 'POST',
      headers: addTraceHeaders(headers, traceHeaders),
      body: body.toText(),
      signal,
      redirect: 'manual',
    };
    onSend?.(init.headers);
    const response = await translateErrors(() => fetch(url, init), { cancel, phase: 'request' });
    return {
      status: response.status,
      getHeader: (name) => response.headers.get(name) ?? undefined,
      listHeaders: () => listHeaders(response),
      async read(sink) {
        const reader = response.body?.getReader();
        if (reader !== undefined) await readAll(reader, { sink, cancel });
      },
    };
  };
}

/** A `fetch` of the user may have headers that cannot be listed. */
function listHeaders({ headers }: FetchResponse): Readonly<Record<string, string>> {
  const listed: Record<string, string> = {};
  headers.forEach?.((value, name) => {
    listed[name.toLowerCase()] = value;
  });
  return listed;
}

export interface ReadAllOptions {
  readonly sink: Sink;
  readonly cancel: Cancellation;
}

/** Passes each chunk to the sink and waits for it. Cancels the reader if the sink fails. */
export async function readAll(reader: FetchReader, { sink, cancel }: ReadAllOptions): Promise<void> {
  let isComplete = false;
  try {
    while (!isComplete) {
      const { done = false, value } = await translateErrors(() => reader.read(), { cancel, phase: 'response' });
      isComplete = done;
      if (value !== undefined && !done) await sink(value);
    }
  } finally {
    // `cancel` rejects after a broken connection, which needs no cancellation.
    if (!isComplete) await reader.cancel().catch(() => undefined);
  }
}

interface RequestPhase {
  readonly cancel: Cancellation;
  readonly phase: TransportPhase;
}

async function translateErrors<T>(attempt: () => Promise<T>, { cancel, phase }: RequestPhase): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    if (cancel.isCancelled) throw cancel.reason;
    throw cause instanceof TransportError ? cause : new TransportError({ phase, staleSocket: false, cause });
  }
}
