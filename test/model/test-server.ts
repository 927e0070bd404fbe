import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The same for requests that came over one connection. */
  readonly port: number | undefined;
}

export type Answer = (response: ServerResponse, received: Received) => void | Promise<void>;

export interface TestServer {
  readonly baseURL: string;
  /** `host:port`. */
  readonly address: string;
  readonly received: readonly Received[];
  /** Resolves when that request's connection is closed, or its answer complete. */
  closed(index: number): Promise<void>;
}

/** A server on 127.0.0.1 that answers one request after another, and the last answer for ever. Gone after the test. */
export async function serve(...answers: readonly Answer[]): Promise<TestServer> {
  const received: Received[] = [];
  const closings: Promise<void>[] = [];
  const server = createServer((request, response) => {
    closings.push(once(response, 'close').then(() => undefined));
    void bodyOf(request).then(async (body) => {
      // A failing answer fails its test by an unhandled rejection.
      const answer = answers[Math.min(received.length, answers.length - 1)];
      received.push({ url: request.url ?? '', headers: request.headers, body, port: request.socket.remotePort });
      await answer?.(response, {
        url: request.url ?? '',
        headers: request.headers,
        body,
        port: request.socket.remotePort,
      });
    });
  });
  // Idle connections stay open: it is for a client to leave.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`; // A server that listens on TCP has one.
  return { baseURL: `http://${address}/v1`, address, received, closed: async (index) => closings[index] };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
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
