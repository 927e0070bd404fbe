import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { hello } from './hello.ts';

export interface RawServer {
  readonly baseURL: string;
  /** The head of each request, up to the empty line. */
  readonly heads: readonly string[];
  readonly sockets: readonly Socket[];
  /** Resolves when the connection, counted from 0, is closed. */
  waitForClose(connection: number): Promise<void>;
}

/** Called for each complete request, with its number and that of its connection, counted from 0. */
export type RawResponder = (
  socket: Socket,
  asked: { readonly request: number; readonly connection: number },
) => unknown;

/** Starts a server that sends arbitrary bytes. Closed after the test. */
export async function startRawServer(answer: RawResponder): Promise<RawServer> {
  const heads: string[] = [];
  const sockets: Socket[] = [];
  // By hand: a server of Node cannot send invalid HTTP.
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection = sockets.push(socket) - 1;
    socket.on('error', () => undefined).on('end', () => socket.end());
    onRequests(socket, (head) => answer(socket, { request: heads.push(head) - 1, connection }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // A listening TCP server has an address.
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    heads,
    sockets,
    waitForClose(connection) {
      const socket = sockets[connection];
      return new Promise((resolve) => {
        if (socket === undefined || socket.closed) resolve();
        else socket.once('close', () => resolve());
      });
    },
  };
}

/** A client sends nothing more before its response. */
function onRequests(socket: Socket, onRequest: (head: string) => void): void {
  let text = '';
  let head = '';
  /** The bytes of the body that are missing. */
  let remainingBytes = 0;
  socket.setEncoding('latin1').on('data', (piece: string) => {
    if (head !== '') remainingBytes -= piece.length;
    else {
      text += piece;
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      head = text.slice(0, end);
      remainingBytes = end + 4 + Number(/^content-length: (\d+)$/m.exec(head)?.[1]) - text.length;
    }
    if (remainingBytes > 0) return;
    onRequest(head);
    text = '';
    head = '';
  });
}

const body = JSON.stringify(hello);

/** The body of a response, in several framings. */
export const wire = {
  body,
  chunked: `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`,
  whole: `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
} as const;

/** Runs turns of the event loop, without time passing. */
export async function runTurns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
