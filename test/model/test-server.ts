import { offlineServer, type RecordedRequest, respond, type ScriptedRawResponse } from '@pawl/testing';
import { onTestFinished } from 'vitest';

export type Responder = ScriptedRawResponse['answer'];

export interface TestServer {
  readonly baseURL: string;
  /** `host:port`. */
  readonly address: string;
  readonly received: readonly RecordedRequest[];
  /** Resolves when each response is complete or its connection is closed. */
  waitUntilIdle(): Promise<void>;
}

/** Starts a server on 127.0.0.1 that uses one responder per request, then always the last. Closed after the test. */
export async function serve(...answers: readonly Responder[]): Promise<TestServer> {
  let asked = 0;
  const createScript = () => respond.raw(answers[Math.min(asked++, answers.length - 1)] ?? (() => undefined));
  const server = await offlineServer({ script: createScript, checks: 'none' });
  onTestFinished(() => server.close());
  const { baseURL, requests: received } = server;
  return { baseURL, address: new URL(baseURL).host, received, waitUntilIdle: () => server.waitForIdle() };
}

/** Responds with one JSON body. */
export function respondWithJson(value: unknown, { status = 200, headers = {} }: JsonOptions = {}): Responder {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
}

export interface JsonOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Responds with a stream of events in one chunk. Strings are sent unchanged. */
export function respondWithEvents(...pieces: readonly unknown[]): Responder {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(toEventText(...pieces));
  };
}

export function toEventText(...pieces: readonly unknown[]): string {
  return pieces.map((piece) => `data: ${typeof piece === 'string' ? piece : JSON.stringify(piece)}\n\n`).join('');
}
