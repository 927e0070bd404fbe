import type { CassetteFetch, FetchResponse } from './play-entry.ts';

/** Makes the platform's `fetch` of one that `openai` accepts, for libraries that need a `Response`. */
export function toWebFetch(fetch: CassetteFetch): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { url, signal } = request;
    const headers = Object.fromEntries(request.headers);
    const body = await request.text();
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    return toResponse(response);
  };
}

function toResponse({ status, headers, body }: FetchResponse): Response {
  const reader = body?.getReader();
  const copy = new Headers();
  for (const name of COPIED_HEADERS) {
    const value = headers.get(name);
    if (value !== null) copy.set(name, value);
  }
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (value !== undefined) controller.enqueue(value);
      if (done === true) controller.close();
    },
    async cancel(reason) {
      await reader?.cancel(reason);
    },
  });
  return new Response(stream, { status, headers: copy });
}

/** The headers that a cassette records. */
const COPIED_HEADERS = ['content-type', 'retry-after', 'retry-after-ms', 'x-should-retry', 'x-request-id'];
