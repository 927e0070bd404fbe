import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { LookupHostname } from './lookup-hostname.ts';

export interface TestSite {
  readonly port: number;
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  /** Requests in order of arrival. */
  readonly requests: readonly IncomingMessage[];
  close(): Promise<void>;
}

/** Starts an HTTP server on loopback. */
export async function startSite(listener: RequestListener): Promise<TestSite> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((incoming, response) => {
    requests.push(incoming);
    response.on('error', () => undefined); // The client has gone.
    listener(incoming, response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface NameServer {
  readonly resolve: LookupHostname;
  /** The names that were queried, in order. */
  readonly queries: readonly string[];
  close(): void;
}

/** Starts a name server on loopback. It returns each of a name's answers once, then repeats the last one. */
export async function startNameServer(
  answers: Readonly<Record<string, readonly (readonly string[])[]>>,
): Promise<NameServer> {
  const socket = createSocket('udp4');
  const queries: string[] = [];
  const times = new Map<string, number>();
  socket.on('message', (message, { port, address }) => {
    const { name, type, end } = parseQuestion(message);
    const key = `${name} ${type}`;
    const time = times.get(key) ?? 0;
    times.set(key, time + 1);
    if (type === A) queries.push(name);
    const known = answers[name] ?? [];
    const addresses = type === A ? (known[Math.min(time, known.length - 1)] ?? []) : [];
    socket.send(buildAnswer(message, { end, addresses }), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return { resolve: (hostname) => resolver.resolve4(hostname), queries, close: () => socket.close() };
}

const A = 1;

function parseQuestion(message: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function buildAnswer(
  message: Buffer,
  { end, addresses }: { readonly end: number; readonly addresses: readonly string[] },
): Buffer {
  const head = Buffer.from(message.subarray(0, end));
  head.writeUInt16BE(0x8180, 2); // A response without an error.
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([head, ...records]);
}
