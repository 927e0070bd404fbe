import { offlineServer, type RecordedRequest, respond, type ScriptedRawResponse } from '@pawl/testing';
import { onTestFinished } from 'vitest';

export type Answer = ScriptedRawResponse['answer'];

export interface TestServer {
  readonly baseURL: string;
  /** `host:port`. */
  readonly address: string;
  readonly received: readonly RecordedRequest[];
  /** Resolves when every answer is complete, or its connection closed. */
  idle(): Promise<void>;
}

/** A server on 127.0.0.1 that answers one request after another by hand, and the last answer for ever. Gone after the test. */
export async function serve(...answers: readonly Answer[]): Promise<TestServer> {
  let asked = 0;
  const script = () => respond.raw(answers[Math.min(asked++, answers.length - 1)] ?? (() => undefined));
  const server = await offlineServer({ script, checks: 'none' });
  onTestFinished(() => server.close());
  const { baseURL, requests: received } = server;
  return { baseURL, address: new URL(baseURL).host, received, idle: () => server.idle() };
}

/** A whole JSON reply. */
export function json(value: unknown, { status = 200, headers = {} }: JsonOptions = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
}

export interface JsonOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A stream of events in one piece; strings are taken as they are. */
export function events(...pieces: readonly unknown[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(eventText(...pieces));
  };
}

export function eventText(...pieces: readonly unknown[]): string {
  return pieces.map((piece) => `data: ${typeof piece === 'string' ? piece : JSON.stringify(piece)}\n\n`).join('');
}
