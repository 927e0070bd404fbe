import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { hello } from './hello.ts';

export interface RawServer {
  readonly baseURL: string;
  /** Up to the empty line, as they came. */
  readonly heads: readonly string[];
  readonly sockets: readonly Socket[];
  /** Resolves when the connection, counted from 0, is closed. */
  closed(connection: number): Promise<void>;
}

/** Told of each request when all of it is there, counted from 0, and of whose connection it came by. */
export type RawAnswer = (socket: Socket, asked: { readonly request: number; readonly connection: number }) => unknown;

/** A server that says whatever it is told to, byte for byte. Gone after the test. */
export async function rawServer(answer: RawAnswer): Promise<RawServer> {
  const heads: string[] = [];
  const sockets: Socket[] = [];
  // By hand: what it says is no HTTP that a server of Node's would write.
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
  const { port } = server.address() as AddressInfo; // A server that listens on TCP has one.
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    heads,
    sockets,
    closed(connection) {
      const socket = sockets[connection];
      return new Promise((resolve) => {
        if (socket === undefined || socket.closed) resolve();
        else socket.once('close', () => resolve());
      });
    },
  };
}

/** A client says nothing more before it is answered. */
function onRequests(socket: Socket, told: (head: string) => void): void {
  let text = '';
  let head = '';
  /** Of the body. */
  let left = 0;
  socket.setEncoding('latin1').on('data', (piece: string) => {
    if (head !== '') left -= piece.length;
    else {
      text += piece;
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      head = text.slice(0, end);
      left = end + 4 + Number(/^content-length: (\d+)$/m.exec(head)?.[1]) - text.length;
    }
    if (left > 0) return;
    told(head);
    text = '';
    head = '';
  });
}

const body = JSON.stringify(hello);

/** The body of a reply, and ways to say how long it is. */
export const wire = {
  body,
  chunked: `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`,
  whole: `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
} as const;

/** Lets everything happen that has no need of time. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
