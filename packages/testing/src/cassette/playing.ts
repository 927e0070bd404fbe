import type { openai } from '@pawl/core';
import { isObject } from '../base/json.ts';
import { chunks as chunksOf } from '../script/chunks.ts';
import { bytesOf, type RecordedCall, type RecordedResponse, type Recording } from './recording.ts';

type OpenAIOptions = NonNullable<Parameters<typeof openai>[1]>;

/** What `openai` takes for its transport. */
export type CassetteFetch = NonNullable<OpenAIOptions['fetch']>;

export type Answer = Awaited<ReturnType<CassetteFetch>>;

export type Reader = ReturnType<NonNullable<Answer['body']>['getReader']>;

/** The answer that a recording is of. */
export function played(recording: Recording, { body }: RecordedCall): Answer {
  if (recording.type === 'wire') {
    return answered({ ...recording.response, chunks: recording.response.chunks.map(bytesOf) });
  }
  const isStreamed = isObject(body) && body['stream'] === true;
  if (!isStreamed)
    return answered({ headers: { 'content-type': 'application/json' }, chunks: [encoded(recording.reply)] });
  const frames = chunksOf(recording.reply, { includeUsage: true }).map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  const bytes = [...frames, 'data: [DONE]\n\n'].map((frame) => new TextEncoder().encode(frame));
  return answered({ headers: { 'content-type': 'text/event-stream' }, chunks: bytes });
}

type Bytes = Omit<RecordedResponse, 'chunks' | 'status'> & {
  readonly status?: number;
  readonly chunks: readonly Uint8Array[];
};

function answered({ status = 200, headers, chunks, brokenOff }: Bytes): Answer {
  let at = 0;
  const reader: Reader = {
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

/** As a server's refusal, which no retry repeats. */
export function missed(message: string): Answer {
  const error = { message, type: 'cassette_error', param: null, code: 'cassette.miss' };
  return answered({ status: 400, headers: { 'x-should-retry': 'false' }, chunks: [encoded({ error })] });
}

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
