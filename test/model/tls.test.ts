import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { openai } from '@pawl/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { hello } from './hello.ts';
import type { Step } from './tls/send-all.ts';

const certificate = join(import.meta.dirname, 'tls', 'certificate.pem');
const identity = {
  cert: readFileSync(certificate),
  key: readFileSync(join(import.meta.dirname, 'tls', 'key.pem')),
};

/** The TLS properties of a connection on the server. */
interface Seen {
  /** The server name that the client sent; false if none. */
  readonly name: string | false;
  readonly isResumed: boolean;
  requests: number;
}

interface SecureServer {
  readonly port: number;
  readonly connections: readonly Seen[];
}

/** A TLS server. Below `/close` it closes the connection with the response; below `/reset` it resets the connection afterwards. */
async function secureServer(): Promise<SecureServer> {
  const connections: Seen[] = [];
  const seen = new WeakMap<object, Seen>();
  // By hand: `@pawl/testing` has no TLS server.
  const server = createSecureServer(identity, (request, response) => {
    const of = seen.get(request.socket);
    if (of !== undefined) of.requests++;
    request.resume();
    if (request.url?.startsWith('/close')) response.setHeader('connection', 'close');
    if (request.url?.startsWith('/reset')) response.on('finish', () => request.socket.destroy());
    response.end(JSON.stringify(hello));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    // The types omit the value for a missing name.
    const of: Seen = { name: socket.servername as string | false, isResumed: socket.isSessionReused(), requests: 0 };
    connections.push(of);
    seen.set(socket, of);
  });
  return { port: await listening(server), connections };
}

interface Proxy {
  readonly url: string;
  readonly asked: readonly string[];
}

/** A proxy that connects each tunnel to one port, with or without TLS. */
async function proxyTo(port: number, scheme: 'http' | 'https'): Promise<Proxy> {
  const asked: string[] = [];
  const refuse: RequestListener = (_, response) => void response.writeHead(500).end();
  // By hand: `@pawl/testing` has no proxy.
  const server = scheme === 'http' ? createServer(refuse) : createSecureServer(identity, refuse);
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const other = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      other.pipe(socket).pipe(other);
    });
    other.on('error', () => socket.destroy());
    socket.on('error', () => other.destroy());
  });
  return { url: `${scheme}://localhost:${await listening(server)}`, asked };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port; // A listening TCP server has an address.
}

/** Sends these requests in sequence in a process that trusts the certificate. */
async function sendAll(steps: readonly Step[]): Promise<readonly string[]> {
  const script = join(import.meta.dirname, 'tls', 'send-all.ts');
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, no_proxy: '', NO_PROXY: '' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, JSON.stringify(steps)], { env });
  expect(stderr).toEqual('');
  return JSON.parse(stdout);
}

test('connects to a server with a trusted certificate, directly and through proxies', async () => {
  const server = await secureServer();
  const plain = await proxyTo(server.port, 'http');
  const secure = await proxyTo(server.port, 'https');
  const direct = `https://localhost:${server.port}`;
  const far = 'https://api.example.test';
  const steps: readonly (readonly [step: Step, outcome: string])[] = [
    [{ baseURL: `${direct}/v1` }, 'Hello'],
    [{ baseURL: `${direct}/close/v1` }, 'Hello'],
    [{ baseURL: `${direct}/reset/v1` }, 'Hello'],
    [{ baseURL: `${direct}/v1` }, 'Hello'],
    [{ baseURL: `https://127.0.0.1:${server.port}/v1` }, 'Hello'],
    [{ baseURL: `${far}/v1`, proxy: plain.url }, 'Hello'],
    [{ baseURL: `${far}/reset/v1`, proxy: plain.url }, 'Hello'],
    [{ baseURL: `${far}/v1`, proxy: plain.url }, 'Hello'],
    [{ baseURL: `${far}/v1`, proxy: secure.url }, 'Hello'],
    [{ baseURL: `${far}/reset/v1`, proxy: secure.url }, 'Hello'],
    [{ baseURL: `${far}/v1`, proxy: secure.url }, 'Hello'],
    [{ baseURL: 'https://other.example.test/v1', proxy: plain.url }, 'network.untrusted'],
    [{ baseURL: 'https://10.1.2.3/v1', proxy: secure.url }, 'network.untrusted'],
  ];
  expect(await sendAll(steps.map(([step]) => step))).toEqual(steps.map(([, outcome]) => outcome));
  // For a refused request, a server may have seen a handshake, but no request.
  expect(server.connections.filter(({ requests }) => requests > 0)).toEqual([
    { name: 'localhost', isResumed: false, requests: 2 },
    { name: 'localhost', isResumed: true, requests: 1 },
    { name: 'localhost', isResumed: true, requests: 1 },
    { name: false, isResumed: false, requests: 1 },
    { name: 'api.example.test', isResumed: false, requests: 2 },
    { name: 'api.example.test', isResumed: true, requests: 1 },
    { name: 'api.example.test', isResumed: false, requests: 2 },
    { name: 'api.example.test', isResumed: true, requests: 1 },
  ]);
  expect([plain.asked, secure.asked]).toEqual([
    ['api.example.test:443', 'api.example.test:443', 'other.example.test:443'],
    ['api.example.test:443', 'api.example.test:443', '10.1.2.3:443'],
  ]);
});

test('sends no request to a server with an untrusted certificate', async () => {
  const server = await secureServer();
  const address = `localhost:${server.port}`;
  await expect(openai('m', { baseURL: `https://${address}/v1` }).send({ messages: [] })).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'network.untrusted',
    retryable: false,
    message: expect.stringContaining(`No response from ${address} (DEPTH_ZERO_SELF_SIGNED_CERT).`),
  });
  expect(server.connections.filter(({ requests }) => requests > 0)).toEqual([]);
});

test('sends no request to a proxy with an untrusted certificate', async () => {
  const proxy = await proxyTo(1, 'https');
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('https_proxy', proxy.url);
  const sent = openai('m', { baseURL: 'https://api.example.test/v1', apiKey: 'sk-key' }).send({ messages: [] });
  await expect(sent).rejects.toMatchObject({
    code: 'network.untrusted',
    message: expect.stringContaining(`through the proxy ${new URL(proxy.url).host}`),
  });
  expect(proxy.asked).toEqual([]);
});
