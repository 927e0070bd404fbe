import type { openai } from '@pawl/core';
import { isObject } from '../base/json.ts';
import { buildChunks as chunksOf } from '../script/build-chunks.ts';
import { type CassetteEntry, type CassetteRequest, type CassetteResponse, decodeChunk } from './cassette-entry.ts';

type OpenAIOptions = NonNullable<Parameters<typeof openai>[1]>;

/** The `fetch` that `openai` accepts. */
export type CassetteFetch = NonNullable<OpenAIOptions['fetch']>;

export type FetchResponse = Awaited<ReturnType<CassetteFetch>>;

export type BodyReader = ReturnType<NonNullable<FetchResponse['body']>['getReader']>;

/** Builds the response that an entry recorded, in the form that the request asks for. */
export function playEntry(recording: CassetteEntry, { body }: CassetteRequest): FetchResponse {
  if (recording.type === 'wire') {
    return buildFetchResponse({ ...recording.response, chunks: recording.response.chunks.map(decodeChunk) });
  }
  const isStreamed = isObject(body) && body['stream'] === true;
  if (!isStreamed)
    return buildFetchResponse({
      headers: { 'content-type': 'application/json' },
      chunks: [encodeJson(recording.response)],
    });
  const frames = chunksOf(recording.response, { includeUsage: true }).map(
    (chunk) => `data: ${JSON.stringify(chunk)}\n\n`,
  );
  const bytes = [...frames, 'data: [DONE]\n\n'].map((frame) => new TextEncoder().encode(frame));
  return buildFetchResponse({ headers: { 'content-type': 'text/event-stream' }, chunks: bytes });
}

type DecodedResponse = Omit<CassetteResponse, 'chunks' | 'status'> & {
  readonly status?: number;
  readonly chunks: readonly Uint8Array[];
};

function buildFetchResponse({
  status = 200,
  headers,
  chunks,
  connectionError: brokenOff,
}: DecodedResponse): FetchResponse {
  let at = 0;
  const reader: BodyReader = {
    async read() {
      const value = chunks[at++];
      if (value !== undefined) return { done: false, value };
      if (brokenOff !== undefined) throw new Error(brokenOff);
      return { done: true };
    },
    cancel: async () => undefined,
  };
  return { status, headers: new Headers(headers), body: { getReader: () => reader } };
}

/** An error response of a server, which no retry repeats. */
export function buildMissResponse(message: string): FetchResponse {
  const error = { message, type: 'cassette_error', param: null, code: 'cassette.miss' };
  return buildFetchResponse({ status: 400, headers: { 'x-should-retry': 'false' }, chunks: [encodeJson({ error })] });
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
